/**
 * Whatever anybody calls, root included, with whatever arguments: a call ends in success or in a typed
 * refusal that changes nothing, and the chain goes on, block after block and session after session.
 *
 * Arguments are decoded from bytes that are put together from things that mean something: ids of paras that
 * are there, accounts, hashes of stored code, small and extreme numbers.
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import { concatBytes, hexToBytes, u32Bytes } from "@parahost/base";
import { ChaChaStream, validationCodeHash } from "@parahost/primitives";
import { type Codec, Reader, struct } from "@parahost/scale";
import {
  type AnyCall,
  type AnyCodec,
  NONE,
  type Origin,
  ROOT,
  signedBy,
} from "../framework/index.ts";
import { UNIT } from "../pallets/balances/storage.ts";
import { PARACHAIN_PALLETS } from "./pallets.ts";
import { accountOf, codeOf, Scenario } from "./testing/scenario.ts";

const PARAS = [1000, 1001];
const THREADS = [2000, 2001];

/** Calls that are left out: the first is for emergencies, the second belongs to no transaction. */
const EXCEPT = ["Configuration.setBypassConsistencyCheck", "ParaInherent.enter"];

interface Target {
  readonly name: string;
  readonly declaration: AnyCall;
  readonly args: Codec<object>;
}

const TARGETS: readonly Target[] = PARACHAIN_PALLETS.flatMap(({ name, calls }) =>
  Object.entries(calls as Readonly<Record<string, AnyCall>>).flatMap(([call, declaration]) => {
    if (EXCEPT.includes(`${name}.${call}`)) return [];
    const fields = declaration.args as Readonly<Record<string, AnyCodec>>;
    return [{ name: `${name}.${call}`, declaration, args: struct(fields) as Codec<object> }];
  }),
);

const MEANINGFUL: readonly Uint8Array[] = [
  ...[...PARAS, ...THREADS, 2002, 9].map(u32Bytes),
  ...[0, 0, 1, 1, 2, 3, 5, 40, 0xffffffff].map(u32Bytes),
  ...["alice", "bob"].map((name) => hexToBytes(accountOf(name))),
  ...[1000, 2000].map((para) => hexToBytes(validationCodeHash(codeOf(para)))),
  // A compact length and so many bytes.
  concatBytes(new Uint8Array([codeOf(1000, 7).length << 2]), codeOf(1000, 7)),
  concatBytes(new Uint8Array([codeOf(2000).length << 2]), codeOf(2000)),
  new Uint8Array([0]),
  new Uint8Array([1]),
  new Uint8Array([4, 9]),
];

function bytesOf(chance: ChaChaStream): Uint8Array {
  const parts: Uint8Array[] = [];
  for (let length = 0; length < 400; ) {
    const part =
      chance.below(8) === 0
        ? new Uint8Array([chance.below(256)])
        : (MEANINGFUL[chance.below(MEANINGFUL.length)] as Uint8Array);
    parts.push(part);
    length += part.length;
  }
  return concatBytes(...parts);
}

/** Arguments of a call; `undefined` where the bytes mean none. */
function argumentsOf({ args }: Target, chance: ChaChaStream): object | undefined {
  for (let attempt = 0; attempt < 40; attempt++) {
    try {
      return args.read(new Reader(bytesOf(chance)));
    } catch (failure) {
      assert.ok(failure instanceof Error, "bytes that mean nothing are refused");
    }
  }
  return undefined;
}

const ORIGINS: readonly Origin[] = [
  ROOT,
  ROOT,
  signedBy(accountOf("alice")),
  signedBy(accountOf("bob")),
  NONE,
];

function play(seed: number, succeeded: Set<string>): void {
  const chance = new ChaChaStream(new Uint8Array(32).fill(seed));
  const chain = new Scenario({
    validators: 3,
    paras: PARAS,
    parathreads: THREADS,
    configuration: { parathreadCores: 1 },
  });
  const { state } = chain;
  for (const name of ["alice", "bob"]) chain.endow(name, 1_000_000n * UNIT);
  for (let block = 0; block < 40; block++) {
    chain.beginBlock();
    if (chance.below(4) === 0) chain.announceSession();
    chain.mustEnter({});
    for (let i = 0; i < 12; i++) {
      const target = TARGETS[chance.below(TARGETS.length)] as Target;
      const args = argumentsOf(target, chance);
      const origin = ORIGINS[chance.below(ORIGINS.length)] as Origin;
      if (args === undefined) continue;
      const before = state.root(1);
      state.begin();
      const outcome = target.declaration.dispatch(state, origin, args as never);
      if (outcome.ok) {
        succeeded.add(target.name);
        state.commit();
        continue;
      }
      state.rollback();
      assert.equal(state.root(1), before, `${target.name} leaves a trace of its refusal`);
    }
    chain.endBlock();
  }
}

test("no call breaks the chain, and a refused one changes nothing", () => {
  const succeeded = new Set<string>();
  for (let seed = 0; seed < 8; seed++) play(seed, succeeded);
  const reached = `${succeeded.size} of ${TARGETS.length} calls succeeded`;
  assert.ok(succeeded.size > TARGETS.length / 2, reached);
});
