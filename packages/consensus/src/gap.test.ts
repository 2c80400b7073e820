import assert from "node:assert/strict";
import test from "node:test";
import { type Header, headerHash } from "@parahost/primitives";
import { MemoryBlockStore } from "./block-store.ts";
import { beginAtWarp } from "./chain.ts";
import { GENESIS } from "./testing/authored.ts";
import { ChainWorld, NAMES } from "./testing/chain-world.ts";
import { refOf } from "./testing/headers.ts";
import type { TestChanges } from "./testing/test-runtime.ts";
import { grandpaAuthorities } from "./testing/voters.ts";

const HEIGHT = 6;

/** A chain from genesis, and one that begins with its last block. */
function worlds() {
  const whole = new ChainWorld();
  const headers: Header[] = [GENESIS];
  for (let number = 1; number <= HEIGHT; number++)
    headers.push(
      whole.add(headers[number - 1] as Header, 80 + number, { body: [new Uint8Array([number])] }),
    );
  const head = headers[HEIGHT] as Header;
  const store = new MemoryBlockStore<TestChanges>();
  const position = {
    ...{ ...refOf(head), header: head, justification: undefined, ended: [] },
    ...{ setId: 0, authorities: grandpaAuthorities(...NAMES) },
  };
  const epochs = whole.chain.epochs.record(headerHash(head)) ?? assert.fail("epochs are known");
  const body = whole.chain.body(headerHash(head)) ?? [];
  beginAtWarp(GENESIS, { position, body, epochs, changes: head.stateRoot }, store);
  const warped = new ChainWorld(store);
  const block = (number: number) => {
    const header = headers[number] as Header;
    const hash = headerHash(header);
    return { hash, header, body: whole.chain.body(hash) ?? [] };
  };
  return { whole, warped, store, headers, block };
}

test("a chain that began with a late block goes on from there, and knows what it lacks", () => {
  const { warped, headers } = worlds();
  const { chain } = warped;
  assert.equal(chain.finalized().number, HEIGHT);
  assert.equal(chain.best().number, HEIGHT);
  assert.deepEqual(chain.gap(), refOf(headers[HEIGHT - 1] as Header));
  assert.equal(chain.hashByNumber(0), chain.genesisHash);
  assert.equal(chain.hashByNumber(3), undefined);
  const genesis = { hash: chain.genesisHash, number: 0 };
  assert.equal(chain.path(genesis, chain.finalized()), undefined, "the way is not known");
  warped.add(headers[HEIGHT] as Header, 95);
  assert.equal(chain.best().number, HEIGHT + 1);
});

test("the gap is filled from its top; after a restart it goes on where it was", () => {
  const { warped, store, block, whole, headers } = worlds();
  assert.deepEqual(warped.importer.fillGap([block(5), block(4)]), { ok: true, value: undefined });
  assert.equal(warped.chain.gap()?.number, 3);
  const restarted = new ChainWorld(store);
  assert.deepEqual(restarted.chain.gap(), refOf(headers[3] as Header));
  const genesis = { hash: restarted.chain.genesisHash, header: GENESIS, body: [] };
  const rest = [block(3), block(2), block(1), genesis];
  assert.equal(restarted.importer.fillGap(rest).ok, true);
  assert.equal(restarted.chain.gap(), undefined);
  assert.equal(restarted.importer.fillGap([block(3)]).ok, true, "what is here is no news");
  for (let number = 0; number < HEIGHT; number++) {
    const hash = whole.chain.hashByNumber(number) ?? assert.fail();
    assert.equal(restarted.chain.hashByNumber(number), hash);
    assert.deepEqual(restarted.chain.header(hash), whole.chain.header(hash));
    assert.deepEqual(restarted.chain.body(hash), whole.chain.body(hash));
  }
  assert.equal(new ChainWorld(store).chain.gap(), undefined);
});

test("other blocks than the missing ones, and other bodies, are refused whole", () => {
  const { warped, block } = worlds();
  const refused = (blocks: Parameters<typeof warped.importer.fillGap>[0]): string => {
    const filled = warped.importer.fillGap(blocks);
    return filled.ok ? "ok" : filled.error.code;
  };
  assert.equal(refused([block(4)]), "otherBlock");
  assert.equal(refused([block(5), block(3)]), "otherBlock");
  assert.equal(refused([{ ...block(5), header: block(4).header }]), "otherBlock");
  assert.equal(refused([block(5), { ...block(4), body: [] }]), "otherBody");
  assert.equal(warped.chain.gap()?.number, 5, "nothing of a wrong answer is taken");
});
