import assert from "node:assert/strict";
import { test } from "node:test";
import { err, ok, VirtualClock } from "@parahost/base";
import { MemoryNetwork, peerIdOfName, type ReputationChange, Role } from "@parahost/network";
import { asHash } from "@parahost/primitives";
import type { TransactionValidityError } from "@parahost/runtime";
import { TransactionPool } from "../transaction-pool/pool.ts";
import { TransactionGossip } from "./transaction-gossip.ts";

const GENESIS = asHash(`0x${"11".repeat(32)}`);
const chain = { genesisHash: GENESIS };
const settle = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/** Keeps to its node; any other first byte is passed on. */
const PRIVATE = 1;
/** Refused for what every node would refuse it for. */
const FORGED = 2;
/** Refused by those whose chain is another. */
const LATE = 3;
const refusals: Readonly<Record<number, TransactionValidityError>> = {
  [FORGED]: { type: "invalid", value: { type: "badProof" } },
  [LATE]: { type: "invalid", value: { type: "stale" } },
};

/** Nodes that know each other, each with a pool of its own. */
function world(...names: readonly string[]) {
  const clock = new VirtualClock(0);
  const charged: string[] = [];
  const hub = new MemoryNetwork(clock, undefined, ({ of, reason }: ReputationChange) =>
    charged.push(`${of} ${reason}`),
  );
  const nodes = names.map((name, index) => {
    const pool = new TransactionPool(
      { hash: GENESIS, number: 0 },
      // The first node takes everything: it is the one that sends.
      (_, __, extrinsic) => {
        const refusal = refusals[extrinsic[0] as number];
        if (refusal !== undefined && index > 0) return err(refusal);
        return ok({
          priority: 1n,
          requires: [],
          provides: [extrinsic],
          longevity: 64n,
          propagate: extrinsic[0] !== PRIVATE,
        });
      },
      clock,
    );
    const gossip = new TransactionGossip(hub.join(peerIdOfName(name)), chain, Role.full, pool);
    const send = (extrinsic: Uint8Array): void => {
      assert.ok(pool.submit(extrinsic, "local").ok);
      gossip.propagate(extrinsic);
    };
    return { name, pool, gossip, send };
  });
  const meet = (): void => {
    for (const { gossip } of nodes) gossip.channel.setReserved(names.map(peerIdOfName));
  };
  const run = (): Promise<void> => clock.runUntil(clock.now() + 5_000, settle);
  return { nodes, meet, run, charged };
}

const transaction = (kind: number, salt = 0): Uint8Array => new Uint8Array([kind, salt, 9, 9]);
const sizes = (nodes: ReturnType<typeof world>["nodes"]): number[] =>
  nodes.map(({ pool }) => pool.size);

test("a transaction reaches every pool, whether it came before its peers or after", async () => {
  const { nodes, meet, run, charged } = world("a", "b", "c");
  nodes[0]?.send(transaction(9, 1));
  meet();
  await run();
  nodes[0]?.send(transaction(9, 2));
  await run();
  assert.deepEqual(sizes(nodes), [2, 2, 2]);
  assert.deepEqual(charged, []);
});

test("what is to stay with its node is told nobody, not even newcomers", async () => {
  const { nodes, meet, run } = world("a", "b");
  nodes[0]?.send(transaction(PRIVATE, 1));
  meet();
  await run();
  nodes[0]?.send(transaction(PRIVATE, 2));
  await run();
  assert.deepEqual(sizes(nodes), [2, 0]);
});

test("a peer pays for what can never be valid, and not for what another chain may take", async () => {
  const { nodes, meet, run, charged } = world("a", "b");
  meet();
  await run();
  nodes[0]?.send(transaction(LATE));
  await run();
  assert.deepEqual(charged, []);
  nodes[0]?.send(transaction(FORGED));
  await run();
  assert.deepEqual(charged, [`${peerIdOfName("a")} invalid transaction`]);
  assert.deepEqual(sizes(nodes), [2, 0]);
});
