/** A declared chain by itself, for tests: blocks of named calls, each checked as a validator checks it. */
import { assert, bytesToHex, describe, equalBytes, expectOk, type Hex } from "@parahost/base";
import { type KeyPair, pairFromUri } from "@parahost/crypto";
import { type ExecutionOutcome, InlineExecutor } from "@parahost/executor";
import type { BuiltBlock, RelayParent } from "@parahost/kit";
import { templateCode } from "@parahost/kit/artifacts";
import {
  type ChainEvent,
  type ChainSchema,
  encodeCall,
  failureName,
  type GenesisConfig,
  genesisEntries,
  readEvents,
  readStorage,
  signTransaction,
} from "@parahost/kit/schema";
import { storagePrefix } from "@parahost/kit/schema/chain";
import {
  asParaId,
  type Hash,
  type HeadData,
  Header,
  headerHash,
  validationCodeHash,
} from "@parahost/primitives";
import { type DispatchError, developmentAccount } from "@parahost/runtime";
import { decode, encode, u64 } from "@parahost/scale";
import { EMPTY_ROOT, MemoryNodeStore, NodeCache, Overlay, TrieBackend } from "@parahost/trie";
import { GuestStateMachine } from "../guest-machine.ts";

export const UNIT = 1_000_000_000_000n;
export const [alice, bob, carol] = ["//Alice", "//Bob", "//Charlie"].map((uri) =>
  expectOk(pairFromUri("sr25519", uri), uri),
) as [KeyPair, KeyPair, KeyPair];

const LIMITS = { maxBlockDataBytes: 4_000_000, maxTransactions: 10_000 };
const PARA = asParaId(2000);

/** The relay chain's state, as far as chains read it: its time, and entries that a test adds. */
export function relayState(
  number: number,
  now: bigint,
  entries: readonly (readonly [Uint8Array, Uint8Array])[] = [],
): RelayParent {
  const store = new MemoryNodeStore();
  const state = new Overlay(new TrieBackend(new NodeCache(store), EMPTY_ROOT));
  state.set(bytesToHex(storagePrefix("Timestamp", "now")), encode(u64, now));
  for (const [key, value] of entries) state.set(bytesToHex(key), value);
  // Something beside, so that there is more than one node.
  for (let index = 0; index < 32; index++)
    state.set(bytesToHex(storagePrefix("Other", `item${index}`)), new Uint8Array(40).fill(index));
  const update = state.commitment(1);
  store.apply(update);
  return { number, storageRoot: update.root as Hash, node: (hash) => store.get(hash) };
}

/** A call that somebody signs: pallet, call, arguments. */
export type Signed = readonly [
  pair: KeyPair,
  pallet: string,
  call: string,
  args?: Readonly<Record<string, unknown>>,
];

export class GuestChain {
  readonly machine: GuestStateMachine;
  readonly schema: ChainSchema;
  readonly #code: Uint8Array;
  readonly #executor = new InlineExecutor();
  head: HeadData;
  /** Code that the last block announced. */
  announced: Uint8Array | undefined;
  relay = relayState(1, 1_000_000n);

  constructor(
    template: string,
    schema: ChainSchema,
    storage: NonNullable<GenesisConfig["storage"]> = {},
  ) {
    this.schema = schema;
    this.#code = templateCode(template);
    const genesis = genesisEntries(schema, {
      paraId: PARA,
      balances: ["//Alice", "//Bob", "//Charlie"].map(
        (uri) => [developmentAccount(uri), 1000n * UNIT] as const,
      ),
      storage,
    });
    this.machine = expectOk(
      GuestStateMachine.create({ name: schema.name, wasm: this.#code, genesis }),
      "validators take the code",
    );
    this.head = this.machine.genesisHead;
  }

  close(): Promise<void> {
    return this.#executor.close();
  }

  get number(): number {
    return decode(Header, this.head).number;
  }

  /** The next relay chain block, so much later. */
  relayBlock(ms: bigint, entries: readonly (readonly [Uint8Array, Uint8Array])[] = []): void {
    const now = 1_000_000n + BigInt(this.relay.number) * 6000n + ms;
    this.relay = relayState(this.relay.number + 1, now, entries);
  }

  sign([pair, pallet, call, args = {}]: Signed, after = 0): Uint8Array {
    const { nonce } = expectOk(this.machine.account(this.head, pair.publicKey as Hex), "account");
    return signTransaction(this.schema, pair, encodeCall(this.schema, { pallet, call, args }), {
      genesisHash: headerHash(decode(Header, this.machine.genesisHead)),
      nonce: nonce + after,
    });
  }

  /** Builds a block of these calls, has it validated, imports it, and gives what became of each call. */
  async block(...calls: readonly Signed[]): Promise<readonly string[]> {
    const before = new Map<KeyPair, number>();
    const transactions = calls.map((call) => {
      const after = before.get(call[0]) ?? 0;
      before.set(call[0], after + 1);
      return this.sign(call, after);
    });
    const built = expectOk(
      this.machine.buildBlock(this.head, transactions, LIMITS, this.relay),
      "built",
    );
    assert(
      built.included.length === calls.length,
      `not all calls are in the block: ${describe(built.dropped)}`,
    );
    await this.#keep(built);
    return calls.map((_, index) => this.#outcome(index));
  }

  async #keep(built: BuiltBlock): Promise<void> {
    const outcome = await this.validate(built.blockData);
    assert(outcome.type === "valid", `a validator refuses the block: ${describe(outcome)}`);
    const imported = expectOk(this.machine.importBlock(this.head, built.blockData), "imported");
    const { headData, newValidationCode } = outcome.result;
    for (const head of [headData, imported.head])
      assert(equalBytes(head, built.head), "the block has several heads");
    const none = new Uint8Array();
    assert(
      equalBytes(newValidationCode ?? none, built.newValidationCode ?? none),
      "the block announces several codes",
    );
    this.head = built.head;
    this.announced = built.newValidationCode;
  }

  validate(blockData: Uint8Array): Promise<ExecutionOutcome> {
    return this.#executor.validate({
      codeHash: validationCodeHash(this.#code),
      code: this.#code,
      params: {
        parentHead: this.head,
        blockData,
        relayParentNumber: this.relay.number,
        relayParentStorageRoot: this.relay.storageRoot,
      },
      executorParams: [],
      kind: "backing",
    });
  }

  read(pallet: string, item: string, ...keys: readonly unknown[]): unknown {
    return readStorage(this.schema, this.#lookup, pallet, item, keys);
  }

  /** Of the last block. */
  events(): readonly ChainEvent[] {
    return readEvents(this.schema, this.#lookup);
  }

  balance(pair: KeyPair): bigint {
    return expectOk(this.machine.account(this.head, pair.publicKey as Hex), "account").balance;
  }

  readonly #lookup = (key: Hex): Uint8Array | undefined =>
    expectOk(this.machine.stateAt(this.head), "state").get(key);

  /** `done`, or why the call failed. */
  #outcome(index: number): string {
    const own = this.events().filter(({ extrinsic }) => extrinsic === index);
    const failed = own.find(({ name }) => name === "ExtrinsicFailed");
    return failed === undefined
      ? "done"
      : failureName(this.schema, failed.fields["dispatchError"] as DispatchError);
  }
}
