/**
 * Whatever anybody signs, the account of sudo included: an extrinsic is refused with a typed reason and leaves no
 * trace, or it is in the block. There its call succeeds, or it fails with a typed error and has cost its fee
 * and its nonce, and nothing else has changed. No amount comes or goes that the issuance does not know of,
 * and every importer comes to the same state.
 *
 * Arguments are decoded from bytes that are put together from things that mean something.
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import {
  asciiBytes,
  bytesToHex,
  concatBytes,
  type Hex,
  hexToBytes,
  u32Bytes,
} from "@parahost/base";
import { type AccountId, asParaId, ChaChaStream, type OpaqueExtrinsic } from "@parahost/primitives";
import { type Codec, encode, Reader, struct } from "@parahost/scale";
import { applyExtrinsic, finalizeBlock, initializeBlock } from "./executive.ts";
import type { AnyCall, AnyCodec, Pallet, State } from "./framework/index.ts";
import { inherentExtrinsics } from "./inherents.ts";
import { blockAuthor } from "./pallets/authorship.ts";
import { slotDuration } from "./pallets/babe/storage.ts";
import { storage as balances, totalIssuance, UNIT } from "./pallets/balances/storage.ts";
import { storage as accounts } from "./pallets/system/accounts.ts";
import { storage as paymentStorage } from "./pallets/transaction-payment.ts";
import { TREASURY_ACCOUNT } from "./pallets/treasury/account.ts";
import { PALLETS, RuntimeCall } from "./runtime.ts";
import { eventsOf } from "./runtime-api.ts";
import { TestChain } from "./testing/chain.ts";
import { accountOfUri, remark, signedBy, sudo, transferTo } from "./testing/transactions.ts";

/** Root may write what it likes, issue what it likes, and call things cheap that are not. */
const EXCEPT = [
  "system.setStorage",
  "system.killStorage",
  "system.killPrefix",
  "system.setCode",
  "system.setCodeWithoutChecks",
  "configuration.setBypassConsistencyCheck",
  // To be called when the issuance is not the sum of all balances, to correct it.
  "balances.forceAdjustTotalIssuance",
];

interface Target {
  readonly type: string;
  readonly call: string;
  readonly args: Codec<object>;
  readonly isEmpty: boolean;
}

const TARGETS: readonly Target[] = (PALLETS as unknown as readonly Pallet[]).flatMap(
  ({ key, calls }) =>
    Object.entries(calls as Readonly<Record<string, AnyCall>>).flatMap(([call, { args }]) => {
      if (EXCEPT.includes(`${key}.${call}`)) return [];
      const fields = args as Readonly<Record<string, AnyCodec>>;
      const isEmpty = Object.keys(fields).length === 0;
      return [{ type: key, call, args: struct(fields) as Codec<object>, isEmpty }];
    }),
);

const NAMES = ["Alice", "Bob", "Charlie", "Dave"] as const;
const named = (name: string): AccountId => accountOfUri(`//${name}`);
const amounts = [
  0n,
  1n,
  UNIT - 1n,
  UNIT,
  50n * UNIT,
  999_999n * UNIT,
  1n << 90n,
  (1n << 128n) - 1n,
];

const compact = (value: bigint): Uint8Array => {
  if (value < 64n) return new Uint8Array([Number(value) << 2]);
  const bytes: number[] = [];
  for (let rest = value; rest > 0n; rest >>= 8n) bytes.push(Number(rest & 0xffn));
  while (bytes.length < 4) bytes.push(0);
  return new Uint8Array([((bytes.length - 4) << 2) | 3, ...bytes]);
};
const fixed16 = (value: bigint): Uint8Array =>
  Uint8Array.from({ length: 16 }, (_, i) => Number((value >> BigInt(8 * i)) & 0xffn));
const address = (name: string): Uint8Array =>
  concatBytes(new Uint8Array([0]), hexToBytes(named(name)));

const MEANINGFUL: readonly Uint8Array[] = [
  ...NAMES.map(address),
  ...NAMES.map((name) => hexToBytes(named(name))),
  ...amounts.map(compact),
  ...amounts.map(fixed16),
  ...[1000, 2000, 0, 1, 2, 3, 7, 0xffff_ffff].map(u32Bytes),
  ...[
    remark(3),
    transferTo(named("Bob"), UNIT),
    sudo(remark()),
    transferTo(named("Eve"), 1n << 90n),
  ].map((call) => encode(RuntimeCall, call)),
  ...[0, 1, 2, 4, 8].map((byte) => new Uint8Array([byte])),
];

function bytesOf(chance: ChaChaStream): Uint8Array {
  const parts: Uint8Array[] = [];
  for (let length = 0; length < 300; ) {
    const part =
      chance.below(10) === 0
        ? new Uint8Array([chance.below(256)])
        : (MEANINGFUL[chance.below(MEANINGFUL.length)] as Uint8Array);
    parts.push(part);
    length += part.length;
  }
  return concatBytes(...parts);
}

/** A call of random arguments; `undefined` where the bytes mean none. */
function callOf(
  { type, call, args, isEmpty }: Target,
  chance: ChaChaStream,
): RuntimeCall | undefined {
  for (let attempt = 0; attempt < 30; attempt++) {
    try {
      const value = args.read(new Reader(bytesOf(chance)));
      return { type, value: isEmpty ? { type: call } : { type: call, value } } as RuntimeCall;
    } catch (failure) {
      assert.ok(failure instanceof Error, "bytes that mean nothing are refused");
    }
  }
  return undefined;
}

type Entries = ReadonlyMap<Hex, string>;

const entriesOf = (state: State): Entries =>
  new Map(
    [...state.keysWithPrefix("0x")].map((key) => [
      key,
      bytesToHex(state.get(key) ?? new Uint8Array()),
    ]),
  );

function changedKeys(before: Entries, after: Entries): Set<Hex> {
  const changed = new Set<Hex>();
  for (const [key, value] of after) if (before.get(key) !== value) changed.add(key);
  for (const key of before.keys()) if (!after.has(key)) changed.add(key);
  return changed;
}

/** What every extrinsic changes: the bookkeeping of the block. */
const BOOKKEEPING = ["EventCount", "Events", "ExecutionPhase", "BlockWeight", "AllExtrinsicsLen"];

const EXTRINSIC_INDEX = bytesToHex(asciiBytes(":extrinsic_index"));

/** Whether an entry is one that a failed extrinsic of `who` may change. */
function isFee(state: State, who: AccountId, key: Hex): boolean {
  const author = blockAuthor(state);
  const payers = [who, TREASURY_ACCOUNT, ...(author === undefined ? [] : [author])];
  if (payers.some((account) => accounts.account.key(account) === key)) return true;
  // What neither treasury nor author can keep is burned.
  if (key === balances.totalIssuance.key() || key === paymentStorage.nextFeeMultiplier.key())
    return true;
  if (key === EXTRINSIC_INDEX) return true;
  const [system] = PALLETS;
  return system.storage.some(
    ({ item, prefix }) =>
      (BOOKKEEPING.includes(item) && prefix === key) ||
      (item === "ExtrinsicData" && key.startsWith(prefix)),
  );
}

function sumOfBalances(state: State): bigint {
  return accounts.account
    .entries(state)
    .reduce((sum, [, { data }]) => sum + data.free + data.reserved, 0n);
}

interface Met {
  readonly succeeded: Set<string>;
  failed: number;
  refused: number;
}

/** Tries extrinsics one after the other in a block that is thrown away; returns those that it took. */
function tryInBlock(
  chain: TestChain,
  count: number,
  chance: ChaChaStream,
  met: Met,
): OpaqueExtrinsic[] {
  const { state, head } = chain;
  const taken: OpaqueExtrinsic[] = [];
  const block = chain.build();
  state.begin();
  const { parentHash, number } = block.header;
  assert.ok(initializeBlock(state, { parentHash, number, digest: chain.digest() }).ok);
  const timestamp = chain.nextSlot * slotDuration(state);
  const parachains = { bitfields: [], backedCandidates: [], disputes: [], parentHeader: head };
  for (const inherent of inherentExtrinsics(state, { timestamp, parachains }))
    assert.ok(applyExtrinsic(state, inherent).ok);
  for (let i = 0; i < count; i++) {
    const target = TARGETS[chance.below(TARGETS.length)] as Target;
    const call = callOf(target, chance);
    if (call === undefined) continue;
    const name = NAMES[chance.below(NAMES.length)] as string;
    const made = chance.below(2) === 0 && name === "Alice" ? sudo(call) : call;
    const extrinsic = signedBy(chain, `//${name}`, made);
    const before = entriesOf(state);
    const applied = applyExtrinsic(state, extrinsic);
    const changed = changedKeys(before, entriesOf(state));
    const what = `${target.type}.${target.call} by ${name}`;
    assert.equal(sumOfBalances(state), totalIssuance(state), what);
    if (!applied.ok) {
      met.refused += 1;
      assert.deepEqual([...changed], [], what);
      continue;
    }
    taken.push(extrinsic);
    if (applied.value.ok) {
      const inner = eventsOf(state).findLast(({ event }) => event.type === "sudo");
      if (made === call || inner !== undefined) met.succeeded.add(`${target.type}.${target.call}`);
      continue;
    }
    met.failed += 1;
    assert.ok(applied.value.error.type.length > 0);
    for (const key of changed) assert.ok(isFee(state, named(name), key), `${what} changes ${key}`);
  }
  finalizeBlock(state);
  state.rollback();
  return taken;
}

function play(seed: number, met: Met): void {
  const chance = new ChaChaStream(new Uint8Array(32).fill(seed));
  const chain = new TestChain({
    epochSlots: 4,
    staking: { sessionsPerEra: 2 },
    paras: [1000, 2000].map((id) => ({
      id: asParaId(id),
      head: new Uint8Array([1]),
      code: new Uint8Array(20).fill(id & 0xff),
      kind: id === 1000 ? ("parachain" as const) : ("parathread" as const),
    })),
    configuration: { parathreadCores: 1 },
  });
  chain.add();
  for (let block = 0; block < 10; block++) {
    chain.add({ extrinsics: tryInBlock(chain, 14, chance, met) });
    assert.equal(sumOfBalances(chain.state), totalIssuance(chain.state));
  }
}

test("a failed extrinsic pays its fee and only that, a refused one leaves no trace", () => {
  const met: Met = { succeeded: new Set(), failed: 0, refused: 0 };
  for (const seed of [1, 2]) play(seed, met);
  const counts = `${met.succeeded.size} calls succeeded, ${met.failed} failed, ${met.refused} were refused`;
  assert.ok(met.succeeded.size > 20 && met.failed > 80 && met.refused > 0, counts);
});
