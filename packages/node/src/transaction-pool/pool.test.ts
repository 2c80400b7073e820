import assert from "node:assert/strict";
import test from "node:test";
import { err, ok, VirtualClock } from "@parahost/base";
import { asHash, type Hash } from "@parahost/primitives";
import type { TransactionValidityError } from "@parahost/runtime";
import {
  type PoolEvent,
  type PoolLimits,
  type QueueLimits,
  TransactionPool,
  transactionHash,
} from "./pool.ts";

const block = (byte: string): Hash => asHash(`0x${byte.repeat(32)}`);
const STALE: TransactionValidityError = { type: "invalid", value: { type: "stale" } };

/** A transaction of one sender: its nonce, its tip as priority, and a byte to tell it apart. */
const transfer = (nonce: number, tip = 1, salt = 0): Uint8Array =>
  new Uint8Array([nonce, tip, salt, 0]);

const queue = (countMax: number, bytesMax = 1_000): QueueLimits => ({ countMax, bytesMax });

/** A chain where the sender's next nonce is `next`, and each transaction is good for `longevity` blocks. */
function pool(limits?: PoolLimits) {
  const chain = { next: 0, judged: 0, longevity: 64n };
  const clock = new VirtualClock(0);
  const events: string[] = [];
  const made = new TransactionPool(
    { hash: block("00"), number: 0 },
    (_, __, extrinsic) => {
      chain.judged += 1;
      const [nonce = 0, tip = 0] = extrinsic;
      if (extrinsic.length < 4 || nonce < chain.next) return err(STALE);
      return ok({
        priority: BigInt(tip),
        requires: nonce > chain.next ? [new Uint8Array([nonce - 1])] : [],
        provides: [new Uint8Array([nonce])],
        longevity: chain.longevity,
        propagate: true,
      });
    },
    clock,
    limits,
  );
  const names = new Map<Hash, string>();
  const named = (extrinsic: Uint8Array, name: string): Uint8Array => {
    names.set(transactionHash(extrinsic), name);
    return extrinsic;
  };
  made.watch((event: PoolEvent) => events.push(`${event.type} ${names.get(event.hash) ?? "?"}`));
  const ready = (): string[] => made.ready().map(({ hash }) => names.get(hash) ?? "?");
  /** The best block is `number`, with these transactions in it. */
  const best = (number: number, ...body: readonly Uint8Array[]): void => {
    const hash = block(number.toString(16).padStart(2, "0"));
    made.onBestBlock({ hash, number }, [], [{ hash, body }]);
  };
  return { pool: made, chain, clock, events, named, ready, best };
}

test("a transaction with a nonce ahead waits until the gap is filled", () => {
  const { pool: p, named, ready, events } = pool();
  p.submit(named(transfer(1), "second"), "local");
  assert.deepEqual(ready(), []);
  p.submit(named(transfer(0), "first"), "local");
  assert.deepEqual(ready(), ["first", "second"]);
  assert.deepEqual(events, ["future second", "ready first", "ready second"]);
});

test("a higher priority never overtakes what it depends on", () => {
  const { pool: p, named, ready } = pool();
  p.submit(named(transfer(0, 1), "cheap"), "local");
  p.submit(named(transfer(1, 9), "dear"), "local");
  assert.deepEqual(ready(), ["cheap", "dear"]);
});

test("the same nonce is replaced by a higher priority only", () => {
  const { pool: p, named, ready, events } = pool();
  p.submit(named(transfer(0, 5), "old"), "local");
  assert.deepEqual(p.submit(transfer(0, 5, 1), "local"), {
    ok: false,
    error: { code: "tooLowPriority", needed: 6n, offered: 5n },
  });
  p.submit(named(transfer(0, 6), "new"), "local");
  assert.deepEqual(ready(), ["new"]);
  assert.deepEqual(events, ["ready old", "usurped old", "ready new"]);
});

test("what depends on a replaced transaction stays ready, and nobody is told otherwise", () => {
  const { pool: p, named, ready, events } = pool();
  p.submit(named(transfer(0, 5), "old"), "local");
  p.submit(named(transfer(1, 1), "next"), "local");
  p.submit(named(transfer(0, 6), "new"), "local");
  assert.deepEqual(ready(), ["new", "next"]);
  assert.deepEqual(events, ["ready old", "ready next", "usurped old", "ready new"]);
});

test("everything that waits is named as it came, ready or not", () => {
  const { pool: p, best } = pool();
  const waiting = [transfer(3), transfer(0), transfer(1, 9)];
  for (const extrinsic of waiting) p.submit(extrinsic, "local");
  const named = () => p.all().map(({ extrinsic }) => extrinsic);
  assert.deepEqual(named(), waiting);
  best(1, transfer(0));
  assert.deepEqual(named(), [transfer(3), transfer(1, 9)]);
});

test("the same transaction is not taken twice", () => {
  const { pool: p } = pool();
  p.submit(transfer(0), "local");
  const again = p.submit(transfer(0), "external");
  assert.equal(!again.ok && again.error.code, "alreadyImported");
});

test("an invalid transaction is refused for a while without being judged again", async () => {
  const { pool: p, chain, clock } = pool();
  chain.next = 1;
  assert.deepEqual(p.submit(transfer(0), "external"), {
    ok: false,
    error: { code: "invalid", reason: STALE },
  });
  const again = p.submit(transfer(0), "external");
  assert.equal(!again.ok && again.error.code, "temporarilyBanned");
  assert.equal(chain.judged, 1);
  await clock.runUntil(31 * 60 * 1000, () => Promise.resolve());
  assert.equal(p.submit(transfer(0), "external").ok, false);
  assert.equal(chain.judged, 2);
});

test("what a block includes leaves the pool, and what depended on it becomes ready", () => {
  const { pool: p, chain, named, ready, events } = pool();
  const first = named(transfer(0), "first");
  p.submit(first, "local");
  p.submit(named(transfer(1), "second"), "local");
  chain.next = 1;
  p.onBestBlock({ hash: block("01"), number: 1 }, [], [{ hash: block("01"), body: [first] }]);
  assert.deepEqual(ready(), ["second"]);
  assert.deepEqual(events.at(-1), "inBlock first");
});

test("what waited for a transaction that we never had is ready once a block has it", () => {
  const { pool: p, chain, named, ready, events, best } = pool();
  p.submit(named(transfer(1), "second"), "local");
  chain.next = 1;
  best(1, transfer(0));
  assert.deepEqual(ready(), ["second"]);
  assert.deepEqual(events, ["future second", "ready second"]);
});

test("what a retracted block included comes back unless the new chain has it", () => {
  const { pool: p, chain, named, ready } = pool();
  const first = named(transfer(0), "first");
  const second = named(transfer(1), "second");
  p.submit(first, "local");
  p.submit(second, "local");
  chain.next = 2;
  const old = { hash: block("01"), body: [first, second] };
  p.onBestBlock({ hash: old.hash, number: 1 }, [], [old]);
  assert.deepEqual(ready(), []);
  chain.next = 1;
  const fork = { hash: block("02"), body: [first] };
  p.onBestBlock({ hash: fork.hash, number: 1 }, [old], [fork]);
  assert.deepEqual(ready(), ["second"]);
});

test("what became invalid is dropped with its reason", () => {
  const { pool: p, chain, named, events } = pool();
  p.submit(named(transfer(0), "first"), "local");
  chain.next = 1;
  p.onBestBlock({ hash: block("01"), number: 1 }, [], []);
  assert.equal(p.size, 0);
  assert.deepEqual(events.at(-1), "invalid first");
});

test("a full pool lets go of the least priority, or refuses the newcomer", () => {
  const { pool: p, named, ready, events } = pool({ ready: queue(2), future: queue(0) });
  p.submit(named(transfer(0, 5), "a"), "local");
  p.submit(named(transfer(1, 2), "b"), "local");
  assert.deepEqual(p.submit(transfer(2, 1), "external"), {
    ok: false,
    error: { code: "poolFull" },
  });
  p.submit(named(transfer(0, 7), "c"), "local");
  assert.deepEqual(ready(), ["c", "b"], "who replaces another needs no room");
  p.submit(named(transfer(2, 9), "d"), "local");
  // Without `b` there is no use for `d`, and no queue for what waits.
  assert.deepEqual(ready(), ["c"]);
  assert.deepEqual(events.slice(-2), ["dropped b", "dropped d"]);
});

test("what waits for others has a queue of its own, and takes no room from what is ready", () => {
  const { pool: p, named, ready, events } = pool({ ready: queue(2), future: queue(2) });
  for (const [nonce, tip] of [
    [5, 3],
    [6, 4],
  ] as const)
    p.submit(named(transfer(nonce, tip), `${nonce}`), "external");
  assert.deepEqual(p.submit(transfer(7, 3), "external"), {
    ok: false,
    error: { code: "poolFull" },
  });
  p.submit(named(transfer(0, 1), "0"), "external");
  p.submit(named(transfer(8, 9), "8"), "external");
  assert.deepEqual(ready(), ["0"]);
  assert.deepEqual(events.slice(-2), ["dropped 5", "future 8"]);
  assert.equal(p.size, 3);
});

test("a transaction that is refused for want of room leaves all others where they are", () => {
  const { pool: p, named, ready, events } = pool({ ready: queue(10, 8), future: queue(0) });
  p.submit(named(transfer(0, 1), "a"), "local");
  p.submit(named(transfer(1, 9), "b"), "local");
  // Without `a` there would still be too little room for it.
  const large = new Uint8Array([0, 9, 0, 0, 0, 0, 0, 0, 0]);
  assert.deepEqual(p.submit(large, "local"), { ok: false, error: { code: "poolFull" } });
  assert.deepEqual(ready(), ["a", "b"]);
  assert.deepEqual(events, ["ready a", "ready b"]);
});

test("the bytes of all transactions are bounded too", () => {
  const { pool: p } = pool({ ready: queue(100, 8), future: queue(100, 4) });
  for (const nonce of [0, 1]) assert.equal(p.submit(transfer(nonce), "local").ok, true);
  const third = p.submit(transfer(2), "local");
  assert.equal(!third.ok && third.error.code, "poolFull");
  assert.equal(p.submit(transfer(7), "local").ok, true);
  const ahead = p.submit(transfer(9), "local");
  assert.equal(!ahead.ok && ahead.error.code, "poolFull");
});

test("20,000 transactions with gaps between their nonces fill one small queue", () => {
  const { pool: p } = pool({ ready: queue(8), future: queue(5) });
  p.submit(transfer(0, 1), "local");
  for (let i = 0; i < 20_000; i++)
    p.submit(new Uint8Array([2 + 2 * (i % 100), 1, i >> 8, i & 1]), "external");
  assert.equal(p.size, 6);
  assert.equal(p.ready().length, 1);
});

// Time

test("a transaction leaves when it is too old, though nothing else is wrong with it", () => {
  const { pool: p, chain, named, events, best } = pool();
  chain.longevity = 3n;
  p.submit(named(transfer(0), "short"), "local");
  best(3);
  assert.equal(p.size, 1);
  best(4);
  assert.equal(p.size, 0);
  assert.equal(events.at(-1), "invalid short");
  const again = p.submit(transfer(0), "local");
  assert.equal(!again.ok && again.error.code, "temporarilyBanned");
});

test("what a block has made invalid is refused for a while, but comes back with a reorganisation", () => {
  const { pool: p, chain, named, ready, best } = pool();
  const first = named(transfer(0, 1), "first");
  const rival = named(transfer(0, 2), "rival");
  p.submit(first, "local");
  chain.next = 1;
  best(1, rival);
  assert.equal(p.has(transactionHash(first)), false);
  const again = p.submit(first, "external");
  assert.equal(!again.ok && again.error.code, "temporarilyBanned");
  chain.next = 0;
  p.onBestBlock(
    { hash: block("0b"), number: 1 },
    [{ hash: block("01"), body: [first] }],
    [{ hash: block("0b"), body: [] }],
  );
  assert.deepEqual(ready(), ["first"]);
});

test("after a block those judged longest ago are judged anew, after a reorganisation all", () => {
  const judged: number[] = [];
  const p = new TransactionPool(
    { hash: block("00"), number: 0 },
    (_, __, extrinsic) => {
      judged.push((extrinsic[0] as number) * 256 + (extrinsic[1] as number));
      return ok({
        priority: 1n,
        requires: [],
        provides: [extrinsic],
        longevity: 64n,
        propagate: true,
      });
    },
    new VirtualClock(0),
  );
  for (let i = 0; i < 700; i++) p.submit(new Uint8Array([i >> 8, i & 0xff]), "local");
  const judgedAt = (number: number): readonly number[] => {
    judged.length = 0;
    p.onBestBlock({ hash: block("01"), number }, [], []);
    return [...judged];
  };
  const upTo = (from: number, to: number) => Array.from({ length: to - from }, (_, i) => from + i);
  assert.deepEqual(judgedAt(1), upTo(0, 512));
  assert.deepEqual(judgedAt(2), [...upTo(512, 700), ...upTo(0, 324)]);
  judged.length = 0;
  p.onBestBlock({ hash: block("0b"), number: 2 }, [{ hash: block("01"), body: [] }], []);
  assert.equal(judged.length, 700);
  assert.deepEqual(
    p.ready().map(({ extrinsic }) => (extrinsic[0] as number) * 256 + (extrinsic[1] as number)),
    upTo(0, 700),
    "being judged again costs nobody its place",
  );
});

// Builders

test("what a builder cannot include leaves, and what depends on it waits", () => {
  const { pool: p, named, ready, events } = pool();
  const first = named(transfer(0), "first");
  p.submit(first, "local");
  p.submit(named(transfer(1), "second"), "local");
  p.removeInvalid(transactionHash(first), STALE);
  assert.deepEqual(ready(), []);
  assert.deepEqual(events.slice(-2), ["invalid first", "future second"]);
  p.removeInvalid(transactionHash(first), STALE);
  assert.equal(p.size, 1);
  p.submit(named(transfer(0, 1, 1), "other"), "local");
  assert.deepEqual(ready(), ["other", "second"]);
});
