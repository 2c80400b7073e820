import assert from "node:assert/strict";
import { test } from "node:test";
import type { Executor } from "@parahost/executor";
import type { NodeEvent } from "@parahost/node/events";
import { nodeMetrics } from "./metrics.ts";
import { ValidationTimes } from "./validation-times.ts";

/** Names, kinds and labels that dashboards and alarms of Polkadot nodes read. */
const POLKADOTS = [
  'substrate_block_height{status="best",chain="dev"} 9',
  'substrate_block_height{status="finalized",chain="dev"} 6',
  'substrate_block_height{status="sync_target",chain="dev"} 12',
  'substrate_build_info{name="alice",version="1.2.3",chain="dev"} 1',
  'substrate_node_roles{chain="dev"} 4',
  'substrate_number_leaves{chain="dev"} 2',
  'substrate_ready_transactions_number{chain="dev"} 3',
  'substrate_sub_libp2p_peers_count{chain="dev"} 1',
  'substrate_sub_libp2p_is_major_syncing{chain="dev"} 1',
  'substrate_finality_grandpa_round{chain="dev"} 17',
  'polkadot_parachain_approval_checking_finality_lag{chain="dev"} 2',
  'polkadot_parachain_disputes_finality_lag{chain="dev"} 1',
  'polkadot_parachain_candidate_backing_candidates_seconded_total{chain="dev"} 1',
  'polkadot_parachain_candidate_disputes_total{chain="dev"} 1',
  'polkadot_parachain_candidate_dispute_concluded{validity="invalid",chain="dev"} 1',
  'polkadot_pvf_execution_time_bucket{le="0.1",chain="dev"} 1',
  'polkadot_pvf_execution_time_bucket{le="0.05",chain="dev"} 0',
  'polkadot_pvf_execution_time_count{chain="dev"} 1',
  'polkadot_pvf_preparation_time_bucket{le="1",chain="dev"} 1',
  'polkadot_pvf_preparation_time_count{chain="dev"} 1',
  'parahost_candidates_total{fate="backed",chain="dev"} 1',
  'parahost_block_import_after_slot_seconds_count{chain="dev"} 1',
  'parahost_event_loop_delay_p99_seconds{chain="dev"} 0.007',
  'parahost_event_loop_delay_p99_max_seconds{chain="dev"} 0.05',
];

test("metrics bear the names and labels that Polkadot's dashboards know", async () => {
  let onBlock = (_: object): void => {};
  let onEvent = (_: NodeEvent): void => {};
  const node = {
    name: "alice",
    role: "authority",
    isSyncing: true,
    chain: {
      best: () => ({ number: 9 }),
      finalized: () => ({ number: 6 }),
      tree: { leaves: () => [{}, {}] },
      subscribe: (listener: typeof onBlock) => {
        onBlock = listener;
      },
    },
    events: {
      subscribe: (listener: typeof onEvent) => {
        onEvent = listener;
      },
    },
    pool: { ready: () => [1, 2, 3] },
    highestSeen: () => 12,
    peers: () => ["bob"],
    finalityRound: () => ({ round: 17 }),
    finalityLags: () => ({ approval: 2, disputes: 1 }),
  };
  const executor = {
    prepare: async () => ({ type: "prepared", cpuMs: 700 }),
    validate: async (kind: string) =>
      kind === "bad" ? { type: "internal" } : { type: "valid", cpuMs: 80 },
    close: async () => {},
  };
  const validation = new ValidationTimes(executor as never as Executor);
  const registry = nodeMetrics({
    ...{ node: node as never, loop: { p99Ms: 7 } as never, validation },
    ...{ version: "1.2.3", chain: "dev", slotMs: 1000 },
  });
  const preDigest = { value: { slot: Math.floor(Date.now() / 1000) } };
  onBlock({ type: "imported", origin: "announced", preDigest });
  onBlock({ type: "imported", origin: "sync", preDigest });
  for (const event of ["candidate.seconded", "candidate.backed", "dispute.raised"])
    onEvent({ event } as never);
  onEvent({ event: "dispute.concluded", outcome: "invalid" } as never);
  await validation.prepare({} as never);
  // What came to no result says nothing of the code.
  for (const kind of ["good", "bad"]) await validation.validate(kind as never);
  const lines = new Set((await registry.metrics()).split("\n"));
  for (const line of POLKADOTS) assert.ok(lines.has(line), line);
});
