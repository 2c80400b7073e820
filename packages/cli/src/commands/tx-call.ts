/** `parahost tx <Pallet.call> [args...]`: any call, by its name in the metadata, signed, followed, explained. */
import { bytesToHex, type Hex, hexToBytes } from "@parahost/base";
import { type KeyPair, signWithPair } from "@parahost/crypto";
import {
  asHash,
  encodeExtrinsic,
  eraBirth,
  mortalEra,
  transactionHash,
} from "@parahost/primitives";
import { accountOf, encodeSigned, SignedExtra, signingPayload } from "@parahost/runtime";
import { encode } from "@parahost/scale";
import { argument, type CallEntry, LiveChain } from "../chain/chain.ts";
import { type Json, ValueError } from "../chain/types.ts";
import { RpcFailure } from "../rpc-client.ts";
import { followTransaction } from "../rpc-follow.ts";

export interface TxCallOptions {
  readonly from?: KeyPair;
  readonly sudo?: true;
  readonly nonce?: number;
  readonly tip: bigint;
  readonly wait: "included" | "finalized" | "no";
  readonly dryRun?: true;
  readonly rpcPort: number;
  readonly json?: true;
}

/** Blocks for which a transaction may wait. */
const MORTAL_PERIOD = 64;

type Say = (line: string) => void;

/** 0 when the call was done, 1 when it failed. */
export async function submitCall(
  name: string | undefined,
  args: readonly string[],
  options: TxCallOptions,
  say: Say,
): Promise<number> {
  const chain = await LiveChain.connect(options.rpcPort);
  if (name === undefined) {
    listPallets(chain, say);
    return 0;
  }
  if (!name.includes(".")) {
    listCalls(chain, name, say);
    return 0;
  }
  const call = callBytes(chain, name, args, options.sudo === true);
  const { from } = options;
  if (from === undefined)
    throw new ValueError(
      "a call needs somebody who signs it: --from with a secret URI such as //Alice",
    );
  const extrinsic = await sign(chain, call, from, options);
  const encoded = bytesToHex(encodeExtrinsic(extrinsic));
  const fee = await feeOf(chain, encoded);
  const hash = transactionHash(extrinsic);
  const report = (facts: { readonly [key: string]: Json }, text: string): void =>
    say(options.json === true ? JSON.stringify(facts) : text);
  if (options.dryRun === true) {
    const outcome = await chain.call<Hex>("system_dryRun", encoded);
    const said = outcome.startsWith("0x0000") ? "would be done" : `would fail: ${outcome}`;
    report({ hash, fee, call: bytesToHex(call), outcome }, `${said}; fee ${fee}`);
    return outcome.startsWith("0x0000") ? 0 : 1;
  }
  if (options.wait === "no") {
    await chain.call("author_submitExtrinsic", encoded);
    report({ hash, fee }, `submitted ${hash}, fee ${fee}`);
    return 0;
  }
  if (options.json !== true) say(`submitted ${hash}, fee ${fee}`);
  const block = await followTransaction(options.rpcPort, encoded, options.wait);
  const { events, error } = await outcomeOf(chain, block, encoded);
  const { number } = await chain.call<{ number: Hex }>("chain_getHeader", block);
  report(
    {
      hash,
      fee,
      block,
      number: Number(number),
      isDone: error === undefined,
      error: error ?? null,
      events,
    },
    [
      `${options.wait} in block #${Number(number)} ${block}`,
      ...events.map((event) => `  ${JSON.stringify(event)}`),
      error === undefined ? "done" : `failed: ${error}`,
    ].join("\n"),
  );
  return error === undefined ? 0 : 1;
}

function callBytes(
  chain: LiveChain,
  name: string,
  args: readonly string[],
  asRoot: boolean,
): Uint8Array {
  const call = chain.encodeCall(chain.callEntry(name), args.map(argument));
  if (!asRoot) return call;
  const { pallet, call: sudo }: CallEntry = chain.callEntry("Sudo.sudo");
  return new Uint8Array([pallet.index, sudo.index, ...call]);
}

async function sign(
  chain: LiveChain,
  call: Uint8Array,
  from: KeyPair,
  { nonce: wanted, tip }: TxCallOptions,
): Promise<Uint8Array> {
  const account = accountOf(from);
  const [version, genesis, finalized, nonce] = await Promise.all([
    chain.call<{ specVersion: number; transactionVersion: number }>("state_getRuntimeVersion"),
    chain.call<Hex>("chain_getBlockHash", 0),
    chain.call<Hex>("chain_getFinalizedHead"),
    wanted ?? chain.call<number>("system_accountNextIndex", account),
  ]);
  const { number } = await chain.call<{ number: Hex }>("chain_getHeader", finalized);
  const era = mortalEra(MORTAL_PERIOD, Number(number));
  const birthHash = asHash(
    await chain.call<Hex>("chain_getBlockHash", eraBirth(era, Number(number))),
  );
  const extra = encode(SignedExtra, { era, nonce, tip, metadataHash: { type: "disabled" } });
  const payload = signingPayload(call, extra, {
    ...version,
    genesisHash: asHash(genesis),
    birthHash,
    metadataHash: undefined,
  });
  const signature = { type: from.scheme, value: signWithPair(from, payload) };
  return encodeSigned({ type: "id", value: account }, signature, extra, call);
}

async function feeOf(chain: LiveChain, extrinsic: Hex): Promise<string> {
  const { partialFee } = await chain.call<{ partialFee: string }>("payment_queryInfo", extrinsic);
  return partialFee;
}

interface EventRecord {
  readonly phase: Json;
  readonly event: { readonly [pallet: string]: Json };
}

/** What a transaction did in a block, and how it failed if it did. */
async function outcomeOf(
  chain: LiveChain,
  block: Hex,
  extrinsic: Hex,
): Promise<{ readonly events: readonly Json[]; readonly error: string | undefined }> {
  const body = await chain.call<{ block: { extrinsics: readonly Hex[] } }>("chain_getBlock", block);
  const index = body.block.extrinsics.indexOf(extrinsic);
  const entry = chain.storage("System.Events");
  const stored = await chain.call<Hex | null>("state_getStorage", entry.prefix, block);
  if (stored === null) throw new RpcFailure(`the events of block ${block} are not kept any more`);
  const records = chain.types.decode(
    entry.valueType,
    hexToBytes(stored),
  ) as unknown as readonly EventRecord[];
  const events = records
    .filter(({ phase }) => (phase as { readonly ApplyExtrinsic?: number }).ApplyExtrinsic === index)
    .map(({ event }) => event);
  const failures = events.flatMap((event) => failureIn(chain, event) ?? []);
  return { events, error: failures[0] };
}

/** The error in an event that tells of one: `System.ExtrinsicFailed`, or `Sudo.Sudid` of a call that failed. */
function failureIn(
  chain: LiveChain,
  event: { readonly [pallet: string]: Json },
): string | undefined {
  const { System, Sudo } = event as {
    readonly System?: { readonly ExtrinsicFailed?: { readonly dispatch_error: Json } };
    readonly Sudo?: { readonly Sudid?: { readonly sudo_result: { readonly Err?: Json } } };
  };
  const error = System?.ExtrinsicFailed?.dispatch_error ?? Sudo?.Sudid?.sudo_result.Err;
  if (error === undefined) return undefined;
  const { Module } = error as { readonly Module?: { readonly index: number; readonly error: Hex } };
  if (Module === undefined) return typeof error === "string" ? error : JSON.stringify(error);
  const { name, docs } = chain.errorOf(Module.index, hexToBytes(Module.error)[0] ?? 0);
  return docs === "" ? name : `${name}: ${docs}`;
}

function listPallets(chain: LiveChain, say: Say): void {
  for (const pallet of chain.pallets) {
    const count = chain.calls(pallet).length;
    if (count > 0)
      say(`${pallet.name.padEnd(24)} ${String(count).padStart(3)} calls  ${pallet.docs[0] ?? ""}`);
  }
  say('\n"parahost tx <Pallet>" lists the calls of one.');
}

function listCalls(chain: LiveChain, name: string, say: Say): void {
  const pallet = chain.pallet(name);
  const calls = chain.calls(pallet);
  if (calls.length === 0) say(`${pallet.name} has no calls`);
  for (const call of calls) {
    say(chain.signatureOf(pallet, call));
    for (const line of call.docs) say(`    ${line.trim()}`);
  }
}
