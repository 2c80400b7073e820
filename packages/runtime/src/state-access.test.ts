/** What a block reads is what it touches: whoever else lives on the chain costs it nothing. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { expectOk } from "@parahost/base";
import { asParaId } from "@parahost/primitives";
import { Overlay, type StateBackend } from "@parahost/trie";
import { executeBlock } from "./executive.ts";
import { backedCandidate } from "./testing/candidates.ts";
import { type BlockPlan, TestChain } from "./testing/chain.ts";
import { accountOfUri, signedBy, transferTo } from "./testing/transactions.ts";

interface Reads {
  entries: number;
  bytes: number;
}

/** The same state, counting what is asked of it. */
function counted(backend: StateBackend, reads: Reads): StateBackend {
  return {
    value: (key, child) => {
      const value = backend.value(key, child);
      reads.entries += 1;
      reads.bytes += value?.bytes.length ?? 0;
      return value;
    },
    nextKey: (key, child) => {
      reads.entries += 1;
      return backend.nextKey(key, child);
    },
    *keysWithPrefix(prefix, child) {
      for (const key of backend.keysWithPrefix(prefix, child)) {
        reads.entries += 1;
        yield key;
      }
    },
    update: (changes, version) => backend.update(changes, version),
    childRoot: (id, changes, version) => backend.childRoot(id, changes, version),
  };
}

/** What the next block of the chain reads. */
function readsOf(chain: TestChain, plan: BlockPlan): Reads {
  const reads = { entries: 0, bytes: 0 };
  const state = new Overlay(counted(chain.state as Overlay, reads));
  expectOk(executeBlock(state, chain.build(plan)), "the block is good");
  return reads;
}

const CHAIN = asParaId(1000);

/** A chain of two parachains, with so many parathreads and accounts beside them. */
function chainWith(others: number): TestChain {
  const paras = [1000, 1001, ...Array.from({ length: others }, (_, i) => 2000 + i)].map((id) => ({
    id: asParaId(id),
    head: new Uint8Array([1]),
    code: new Uint8Array(20).fill(id & 0xff),
    kind: id < 2000 ? ("parachain" as const) : ("parathread" as const),
  }));
  const chain = new TestChain({ paras, epochSlots: 50, configuration: { parathreadCores: 2 } });
  chain.addMany(2);
  return chain;
}

const busy = (chain: TestChain): BlockPlan => ({
  extrinsics: [signedBy(chain, "//Alice", transferTo(accountOfUri("//Bob"), 10n ** 12n))],
  parachains: { backedCandidates: [backedCandidate(chain, CHAIN)] },
});

test("a block reads no more where there are a hundred times as many paras", () => {
  const [few, many] = [chainWith(3), chainWith(300)];
  const idle = [few, many].map((chain) => readsOf(chain, {}));
  assert.deepEqual(idle[1], idle[0]);
  const loaded = [few, many].map((chain) => readsOf(chain, busy(chain)));
  assert.deepEqual(loaded[1], loaded[0]);
  assert.ok((loaded[0]?.entries ?? 0) > (idle[0]?.entries ?? 0));
});
