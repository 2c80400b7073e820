import assert from "node:assert/strict";
import test from "node:test";
import { err, ok, VirtualClock } from "@parahost/base";
import { asHash, type Hash } from "@parahost/primitives";
import type { TransactionValidityError } from "@parahost/runtime";
import { type PoolEvent, TransactionPool, transactionHash } from "./pool.ts";

const block = (byte: string): Hash => asHash(`0x${byte.repeat(32)}`);
const STALE: TransactionValidityError = { type: "invalid", value: { type: "stale" } };

/** A transaction of one sender: its nonce, its tip as priority, and a byte to tell it apart. */
const transfer = (nonce: number, tip = 1, salt = 0): Uint8Array =>
  new Uint8Array([nonce, tip, salt, 0]);

/** A chain where the sender's next nonce is `next`. */
function pool(limits?: { countMax: number; bytesMax: number }) {
  const chain = { next: 0, judged: 0 };
  const clock = new VirtualClock(0);
  const events: string[] = [];
  const made = new TransactionPool(
    { hash: block("00"), number: 0 },
    (_, __, extrinsic) => {
      chain.judged += 1;
      const [nonce = 0, tip = 0] = extrinsic;
      if (extrinsic.length !== 4 || nonce < chain.next) return err(STALE);
      return ok({
        priority: BigInt(tip),
        requires: nonce > chain.next ? [new Uint8Array([nonce - 1])] : [],
        provides: [new Uint8Array([nonce])],
        longevity: 64n,
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
  return { pool: made, chain, clock, events, named, ready };
}

test("a transaction with a nonce ahead waits until the gap is filled", () => {
  const { pool: p, named, ready, events } = pool();
  p.submit(named(transfer(1), "second"), "local");
  assert.deepEqual(ready(), []);
  p.submit(named(transfer(0), "first"), "local");
  assert.deepEqual(ready(), ["first", "second"]);
  assert.deepEqual(events, ["future second", "ready first"]);
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
  const { pool: p, named, ready, events } = pool({ countMax: 2, bytesMax: 1000 });
  p.submit(named(transfer(0, 5), "a"), "local");
  p.submit(named(transfer(1, 2), "b"), "local");
  assert.deepEqual(p.submit(transfer(2, 1), "external"), {
    ok: false,
    error: { code: "poolFull" },
  });
  p.submit(named(transfer(2, 7), "c"), "local");
  assert.deepEqual(ready(), ["a"]);
  assert.deepEqual(events.slice(2), ["dropped b", "future c"]);
});

test("the bytes of all transactions are bounded too", () => {
  const { pool: p } = pool({ countMax: 100, bytesMax: 8 });
  for (const nonce of [0, 1]) assert.equal(p.submit(transfer(nonce), "local").ok, true);
  const third = p.submit(transfer(2), "local");
  assert.equal(!third.ok && third.error.code, "poolFull");
});
