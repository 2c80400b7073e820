import assert from "node:assert/strict";
import { test } from "node:test";
import { err, type Hex, ok, VirtualClock } from "@parahost/base";
import { blake2b256Hex } from "@parahost/crypto";
import { asHash } from "@parahost/primitives";
import {
  BAN_MS,
  PARA_POOL_LIMITS,
  ParaPool,
  type ParaPoolLimits,
  type SubmitError,
  WAIT_MS,
} from "./para-pool.ts";
import type { ParaBlock } from "./para-tree.ts";

const SENDERS: Readonly<Record<string, Hex>> = { a: "0xaa", b: "0xbb" };

/** Transactions are texts: `a0` is nonce 0 of sender a, `a0!` another one, `-x` has no sender, `?` is refused. */
const bytesOf = (name: string): Uint8Array => new TextEncoder().encode(name);
const hashOf = (name: string): Hex => blake2b256Hex(bytesOf(name));

/** A pool over a chain where `next` says which nonce each sender comes to. */
function poolWith(limits: Partial<ParaPoolLimits> = {}) {
  const clock = new VirtualClock(1_000_000);
  const next = new Map<Hex, number>();
  const checks: string[] = [];
  const nonceOf = (sender: Hex): number => next.get(sender) ?? 0;
  const pool = new ParaPool(
    {
      transactionHash: blake2b256Hex,
      checkTransaction: (transaction) => {
        const name = new TextDecoder().decode(transaction);
        checks.push(name);
        if (name.startsWith("?")) return err({ code: "badSignature" });
        const sender = SENDERS[name[0] as string];
        const nonce = sender === undefined ? undefined : Number.parseInt(name.slice(1), 10);
        return ok({ hash: hashOf(name), sender, nonce });
      },
    },
    nonceOf,
    clock,
    { ...PARA_POOL_LIMITS, ...limits },
  );
  const names = new Map<Hex, string>();
  const events: string[] = [];
  pool.watch(({ hash, status }) => {
    const reason = status.type === "dropped" ? ` ${status.reason.code}` : "";
    events.push(`${names.get(hash) ?? "?"} ${status.type}${reason}`);
  });
  const submit = (...all: readonly string[]): (SubmitError["code"] | "ok")[] =>
    all.map((name) => {
      names.set(hashOf(name), name);
      const taken = pool.submit(bytesOf(name));
      return taken.ok ? "ok" : taken.error.code;
    });
  const ready = (included: readonly string[] = [], at = nonceOf): string[] =>
    pool
      .ready({ nonceOf: at, isIncluded: (hash) => included.some((name) => hashOf(name) === hash) })
      .map(({ hash }) => names.get(hash) ?? "?");
  /** The chain's next block with these in it. */
  const block = (number: number, ...transactions: readonly string[]): ParaBlock => {
    const hash = asHash(blake2b256Hex(bytesOf(`${number} ${transactions.join()}`)));
    const head = new Uint8Array();
    return {
      hash,
      head,
      number,
      parent: undefined,
      isKnown: true,
      blockData: undefined,
      transactions: transactions.map(hashOf),
    };
  };
  const enact = (...enacted: ParaBlock[]): void => pool.onBestChain({ retracted: [], enacted });
  const news = (): string[] => events.splice(0);
  const sleep = (ms: number): Promise<void> =>
    clock.runUntil(clock.now() + ms, () => Promise.resolve());
  return { pool, next, checks, nonceOf, submit, ready, block, enact, news, sleep };
}

test("transactions without sender go by arrival", () => {
  const { submit, ready, news } = poolWith();
  assert.deepEqual(submit("-x", "-a", "-m"), ["ok", "ok", "ok"]);
  assert.deepEqual(ready(), ["-x", "-a", "-m"]);
  assert.deepEqual(news(), ["-x ready", "-a ready", "-m ready"]);
});

test("a sender's transactions go by nonce, among others by arrival", () => {
  const { submit, ready } = poolWith();
  submit("a1", "b0", "a0", "-x", "a2");
  assert.deepEqual(ready(), ["b0", "a0", "a1", "-x", "a2"]);
});

test("a transaction behind a gap waits until the gap is filled", () => {
  const { submit, ready, news, pool } = poolWith();
  submit("a2", "a1");
  assert.deepEqual(ready(), []);
  assert.deepEqual(pool.status(hashOf("a2")), { type: "future" });
  submit("a0");
  assert.deepEqual(ready(), ["a0", "a1", "a2"]);
  assert.deepEqual(news(), ["a2 future", "a1 future", "a0 ready", "a1 ready", "a2 ready"]);
});

test("what waits for a block is named as it came, ready or not", () => {
  const { submit, pool, enact, block } = poolWith();
  submit("a2", "-x", "a0");
  assert.deepEqual(pool.waiting(), ["a2", "-x", "a0"].map(bytesOf));
  enact(block(1, "-x"));
  assert.deepEqual(pool.waiting(), ["a2", "a0"].map(bytesOf));
});

test("a transaction is not taken twice, wherever it is", () => {
  const { submit, enact, block, pool, nonceOf } = poolWith();
  assert.deepEqual(submit("-x", "-x"), ["ok", "alreadyInPool"]);
  enact(block(1, "-x"));
  assert.deepEqual(submit("-x"), ["alreadyInBlock"]);
  pool.onFinalized([block(1, "-x")], nonceOf);
  assert.deepEqual(submit("-x"), ["alreadyInBlock"]);
});

test("a nonce that has been used, is taken or is out of reach is refused", () => {
  const { submit, next } = poolWith({ perSenderMax: 4 });
  next.set("0xaa", 3);
  assert.deepEqual(submit("a2", "a3", "a3!", "a6", "a7"), [
    "staleNonce",
    "ok",
    "nonceTaken",
    "ok",
    "nonceTooFar",
  ]);
});

test("a sender can hold only so much of the pool", async () => {
  const { submit, next, pool } = poolWith({ perSenderMax: 2 });
  assert.deepEqual(submit("a0", "a1", "b0"), ["ok", "ok", "ok"]);
  // The chain has moved on, and the pool has not heard yet that it is final.
  next.set("0xaa", 1);
  assert.deepEqual(submit("a2"), ["tooManyOfSender"]);
  assert.equal(pool.waitingCount, 3);
});

test("what is wrong in itself is refused, and for a while without a second look", async () => {
  const { submit, checks, sleep } = poolWith();
  assert.deepEqual(submit("?", "?"), ["badSignature", "temporarilyBanned"]);
  assert.equal(checks.length, 1);
  await sleep(BAN_MS);
  assert.deepEqual(submit("?"), ["badSignature"]);
});

test("a transaction that is too long is refused unseen", () => {
  const { submit, checks } = poolWith({ transactionBytesMax: 3 });
  assert.deepEqual(submit("-long"), ["tooLarge"]);
  assert.equal(checks.length, 0);
});

test("the caller's buffer is its own again", () => {
  const { pool } = poolWith();
  const buffer = bytesOf("-x");
  pool.submit(buffer);
  buffer.fill(0);
  const [first] = pool.ready({ nonceOf: () => 0, isIncluded: () => false });
  assert.deepEqual(first?.bytes, bytesOf("-x"));
});

test("what ancestors have included is not offered again, what only the best chain has is offered on a fork", () => {
  const { submit, ready, enact, block, next } = poolWith();
  submit("a0", "a1", "-x");
  next.set("0xaa", 1);
  enact(block(1, "a0", "-x"));
  assert.deepEqual(ready(["a0", "-x"]), ["a1"]);
  assert.deepEqual(
    ready([], () => 0),
    ["a0", "a1", "-x"],
  );
});

test("a block of the best chain and its finality are reported", () => {
  const { submit, enact, block, pool, news, next, nonceOf } = poolWith();
  submit("a0", "a1");
  news();
  next.set("0xaa", 1);
  const first = block(1, "a0");
  enact(first);
  assert.deepEqual(pool.status(hashOf("a0")), { type: "inBlock", block: first.hash, number: 1 });
  pool.onFinalized([first], nonceOf);
  assert.deepEqual(news(), ["a0 inBlock", "a0 finalized"]);
  assert.deepEqual(pool.status(hashOf("a0")), { type: "finalized", block: first.hash, number: 1 });
  assert.deepEqual([pool.waitingCount, pool.includedCount], [1, 0]);
});

test("what a block loses with its place in the chain comes back", () => {
  const { submit, enact, block, pool, news, next, ready } = poolWith();
  submit("a0", "a1", "-x");
  const [first, second] = [block(1, "a0", "-x"), block(2, "a1")];
  next.set("0xaa", 2);
  enact(first, second);
  news();
  const fork = block(1, "-x");
  next.set("0xaa", 0);
  pool.onBestChain({ retracted: [second, first], enacted: [fork] });
  assert.deepEqual(news(), ["a1 retracted", "a0 retracted", "-x inBlock", "a0 ready", "a1 ready"]);
  assert.deepEqual(ready(["-x"]), ["a0", "a1"]);
  assert.deepEqual(pool.status(hashOf("-x")), { type: "inBlock", block: fork.hash, number: 1 });
});

test("a transaction comes back to its old place in the order", () => {
  const { submit, enact, block, pool, ready } = poolWith();
  submit("-1", "-2", "-3");
  const first = block(1, "-1");
  enact(first);
  pool.onBestChain({ retracted: [first], enacted: [] });
  assert.deepEqual(ready(), ["-1", "-2", "-3"]);
});

test("a transaction whose place is taken when it comes back is dropped", () => {
  const { submit, enact, block, pool, news, next } = poolWith();
  submit("a0");
  const first = block(1, "a0");
  next.set("0xaa", 1);
  enact(first);
  next.set("0xaa", 0);
  submit("a0!");
  news();
  pool.onBestChain({ retracted: [first], enacted: [] });
  assert.deepEqual(news(), ["a0 retracted", "a0 dropped nonceTaken"]);
});

test("when the chain goes back under a transaction that waits, it is future again", () => {
  const { submit, pool, next, news } = poolWith();
  next.set("0xaa", 2);
  submit("a2");
  next.set("0xaa", 1);
  pool.onBestChain({ retracted: [], enacted: [] });
  assert.deepEqual(news(), ["a2 ready", "a2 future"]);
});

test("a rival of what became final is dropped as stale, not before", () => {
  const { submit, enact, block, pool, news, next, nonceOf } = poolWith();
  submit("a0", "a1");
  news();
  next.set("0xaa", 1);
  const others = block(1);
  enact(others);
  assert.deepEqual(news(), ["a0 future"]);
  pool.onFinalized([others], nonceOf);
  assert.deepEqual(news(), ["a0 dropped staleNonce"]);
  assert.deepEqual(pool.status(hashOf("a0")), {
    type: "dropped",
    reason: { code: "staleNonce", nonce: 0, expected: 1 },
  });
});

test("what a block builder refuses is dropped with its reason, and those behind it wait", () => {
  const { submit, pool, news } = poolWith();
  submit("a0", "a1");
  news();
  pool.drop(hashOf("a0"), { code: "balanceOverflow" });
  assert.deepEqual(news(), ["a0 dropped balanceOverflow", "a1 future"]);
  assert.deepEqual(submit("a0"), ["temporarilyBanned"]);
  pool.drop(hashOf("a0"), { code: "balanceOverflow" });
  assert.deepEqual(news(), []);
});

test("what waits too long is dropped", async () => {
  const { submit, pool, news, sleep } = poolWith();
  submit("a1");
  await sleep(WAIT_MS / 2);
  submit("-x");
  await sleep(WAIT_MS / 2);
  pool.dropExpired();
  assert.deepEqual(news(), ["a1 future", "-x ready", "a1 dropped expired"]);
  assert.deepEqual(submit("a1"), ["ok"]);
});

test("a full pool refuses when everything in it is of use", () => {
  const { submit } = poolWith({ countMax: 2 });
  assert.deepEqual(submit("-1", "-2", "-3"), ["ok", "ok", "poolFull"]);
});

test("the bytes of what waits are bounded too", () => {
  const { submit, pool } = poolWith({ bytesMax: 5 });
  assert.deepEqual(submit("-1", "-2", "-3"), ["ok", "ok", "poolFull"]);
  assert.equal(pool.waitingBytes, 4);
});

test("a full pool drops what is not ready for what is, never the other way round", () => {
  const { submit, news } = poolWith({ countMax: 3 });
  submit("a1", "-1", "-2");
  news();
  assert.deepEqual(submit("b1", "b0"), ["poolFull", "ok"]);
  assert.deepEqual(news(), ["a1 dropped crowdedOut", "b0 ready"]);
});

test("a full pool drops first what blocks have been built without", () => {
  const { submit, news, pool } = poolWith({ countMax: 3 });
  submit("a0", "b0", "b1");
  pool.onPassedOver([hashOf("a0"), hashOf("b0"), hashOf("b1")]);
  pool.onPassedOver([hashOf("b0")]);
  news();
  assert.deepEqual(submit("-x"), ["ok"]);
  assert.deepEqual(news(), ["b0 dropped crowdedOut", "b1 future", "-x ready"]);
});

test("nobody is dropped for a transaction that does not get in all the same", () => {
  const { submit, pool } = poolWith({ bytesMax: 6 });
  submit("a1", "-1", "-2");
  assert.deepEqual(submit("-long"), ["poolFull"]);
  assert.equal(pool.waitingCount, 3);
});

test("included transactions are kept for a return only so long, and said to have timed out", () => {
  const { submit, enact, block, pool, news, nonceOf } = poolWith({ countMax: 1 });
  for (let number = 1; number <= 5; number++) {
    submit(`-${number}`);
    enact(block(number, `-${number}`));
  }
  assert.equal(pool.includedCount, 4);
  assert.equal(news().at(-1), "-1 finalityTimeout");
  pool.onFinalized([block(1, "-1")], nonceOf);
  assert.deepEqual(news(), ["-1 finalized"]);
});

test("a forgotten transaction whose block leaves the chain may be submitted again", () => {
  const { submit, enact, block, pool, news } = poolWith();
  submit("-1");
  const first = block(1, "-1");
  enact(first);
  pool.onFinalityTimeout([first]);
  assert.deepEqual(submit("-1"), ["alreadyInBlock"]);
  pool.onBestChain({ retracted: [first], enacted: [] });
  assert.equal(pool.status(hashOf("-1")), undefined);
  assert.deepEqual(submit("-1"), ["ok"]);
  assert.deepEqual(news(), [
    "-1 ready",
    "-1 inBlock",
    "-1 finalityTimeout",
    "-1 retracted",
    "-1 ready",
  ]);
});

test("a listener hears nothing once it has gone", () => {
  const { pool } = poolWith();
  const heard: Hex[] = [];
  const stop = pool.watch(({ hash }) => void heard.push(hash));
  pool.submit(bytesOf("-1"));
  stop();
  pool.submit(bytesOf("-2"));
  assert.deepEqual(heard, [hashOf("-1")]);
});

test("whoever watches one transaction hears of no other", () => {
  const { pool, submit, enact, block } = poolWith();
  const heard: string[] = [];
  const stop = pool.watch(({ status }) => void heard.push(status.type), hashOf("-1"));
  submit("-1", "-2");
  enact(block(1, "-2"), block(2, "-1"));
  stop();
  stop();
  pool.onFinalityTimeout([block(2, "-1")]);
  assert.deepEqual(heard, ["ready", "inBlock"]);
});
