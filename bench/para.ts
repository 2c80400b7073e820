/**
 * A block of 5,000 token transfers: built by the collator, validated as a validator does, with and without the
 * engine's instrumentation. `npm run bench:para [transfers]`.
 */
import { bytesToHex, expectOk, type Hex } from "@parahost/base";
import { GuestBlock, GuestStateMachine } from "@parahost/collator";
import { type KeyPair, pairFromUri } from "@parahost/crypto";
import { DEFAULT_ENGINE_PARAMETERS, preparePvf, validateBlock } from "@parahost/executor";
import { templateCode } from "@parahost/kit/artifacts";
import { encodeCall, genesisEntries, signTransaction } from "@parahost/kit/schema";
import { storage, chain as token } from "@parahost/kit/templates/token";
import { asParaId, type Hash, Header, headerHash } from "@parahost/primitives";
import { decode } from "@parahost/scale";
import { EMPTY_ROOT } from "@parahost/trie";

const transfers = Number(process.argv[2] ?? 5000);
const SENDERS = Math.min(transfers, 500);
const UNIT = 10n ** 12n;
/** What a backer may take. */
const BACKING_LIMIT_MS = 2000;

const out = (line: string): void => void process.stdout.write(`${line}\n`);
const ms = (from: number): number => performance.now() - from;

const pairs = Array.from(
  { length: SENDERS },
  (_, index): KeyPair => expectOk(pairFromUri("sr25519", `//Bench//${index}`), "pair"),
);
const wasm = templateCode("token");
const machine = expectOk(
  GuestStateMachine.create({
    name: "token",
    wasm,
    genesis: genesisEntries(token, {
      paraId: asParaId(1000),
      balances: pairs.map((pair) => [pair.publicKey as Hex, 1000n * UNIT] as const),
      storage,
    }),
  }),
  "machine",
);
const parent = machine.genesisHead;
const genesisHash = headerHash(decode(Header, parent));
const transactions = Array.from({ length: transfers }, (_, index) => {
  const from = pairs[index % SENDERS] as KeyPair;
  const to = pairs[(index * 7 + 1) % SENDERS] as KeyPair;
  const call = encodeCall(token, {
    pallet: "Balances",
    call: "transferKeepAlive",
    args: { dest: { type: "id", value: to.publicKey }, value: UNIT / 100n },
  });
  return signTransaction(token, from, call, { genesisHash, nonce: Math.floor(index / SENDERS) });
});

const relay = { number: 1, storageRoot: EMPTY_ROOT as Hash, node: () => undefined };
const limits = { maxBlockDataBytes: 10_000_000, maxTransactions: transfers };
const buildStart = performance.now();
const built = expectOk(machine.buildBlock(parent, transactions, limits, relay), "built");
const buildMs = ms(buildStart);
const { witness } = decode(GuestBlock, built.blockData);
const witnessBytes = witness.reduce((sum, node) => sum + node.length, 0);
const count = built.included.length;

const params = {
  parentHead: parent,
  blockData: built.blockData,
  relayParentNumber: relay.number,
  relayParentStorageRoot: relay.storageRoot,
};
function validation(metered: boolean): number {
  const pvf = expectOk(
    preparePvf(wasm, DEFAULT_ENGINE_PARAMETERS, { metered, entries: [] }),
    "prepared",
  );
  const times = [0, 1, 2].map(() => {
    const start = performance.now();
    const { headData } = expectOk(validateBlock(pvf, params), "valid").result;
    if (bytesToHex(headData) !== bytesToHex(built.head)) throw new Error("another head");
    return ms(start);
  });
  return Math.min(...times);
}
const metered = validation(true);
const plain = validation(false);

out(`${count} of ${transfers} transfers between ${SENDERS} accounts in one block`);
out(`building    ${buildMs.toFixed(0)} ms, ${((1000 * buildMs) / count).toFixed(0)} us for each`);
out(
  `validation  ${plain.toFixed(0)} ms, ${((1000 * plain) / count).toFixed(0)} us for each; the limit is ${BACKING_LIMIT_MS} ms`,
);
out(
  `with fuel   ${metered.toFixed(0)} ms: ${(100 * (metered / plain - 1)).toFixed(1)} % more than without`,
);
out(
  `PoV         ${built.blockData.length} bytes, of which witness ${witnessBytes}: ${(witnessBytes / count).toFixed(0)} for each`,
);
