/**
 * What the node measures, under the names that Polkadot's dashboards and alarms know, and what Node itself can
 * tell: memory, descriptors, and the delay of the event loop (`nodejs_eventloop_lag_p99_seconds`).
 */
import type { RelayNode } from "@parahost/node/service/node";
import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from "prom-client";
import { DELAY_P99_MS_MAX, type EventLoopWatch } from "./event-loop-watch.ts";
import type { ValidationTimes } from "./validation-times.ts";

/** Time between a block's slot and its import, seconds. */
const IMPORT_BUCKETS = [0.1, 0.25, 0.5, 1, 2, 4, 8, 16, 32];
/** As Polkadot's: up to the time limits of executions, and of preparations. */
const EXECUTION_BUCKETS = [0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2, 3, 4, 5, 6, 8, 10, 12];
const PREPARATION_BUCKETS = [0.1, 0.5, 1, 2, 3, 10, 20, 30, 60, 120, 240, 360, 480];

export interface NodeMetricsOptions {
  readonly node: RelayNode;
  readonly loop: EventLoopWatch;
  readonly validation: ValidationTimes;
  readonly version: string;
  readonly chain: string;
  readonly slotMs: number;
}

export function nodeMetrics({
  node,
  loop,
  validation,
  version,
  chain,
  slotMs,
}: NodeMetricsOptions): Registry {
  const registry = new Registry();
  registry.setDefaultLabels({ chain });
  collectDefaultMetrics({ register: registry });
  const gauge = <L extends string>(
    name: string,
    help: string,
    collect: (gauge: Gauge<L>) => void,
    labelNames: readonly L[] = [],
  ): void => {
    new Gauge<L>({
      name,
      help,
      labelNames: [...labelNames],
      registers: [registry],
      collect() {
        collect(this);
      },
    });
  };
  const counter = <L extends string>(name: string, help: string, labelNames: readonly L[] = []) =>
    new Counter<L>({ name, help, labelNames: [...labelNames], registers: [registry] });

  gauge(
    "substrate_build_info",
    "A metric with a constant '1' value labeled by name, version",
    (info) => info.set({ name: node.name, version }, 1),
    ["name", "version"] as const,
  );
  gauge("substrate_node_roles", "The roles the node is running as", (roles) =>
    roles.set(node.role === "authority" ? 4 : 1),
  );
  gauge(
    "substrate_block_height",
    "Block height info of the chain",
    (height) => {
      height.set({ status: "best" }, node.chain.best().number);
      height.set({ status: "finalized" }, node.chain.finalized().number);
      height.set({ status: "sync_target" }, node.highestSeen());
    },
    ["status"] as const,
  );
  gauge("substrate_number_leaves", "Number of known chain leaves (aka forks)", (leaves) =>
    leaves.set(node.chain.tree.leaves().length),
  );
  gauge(
    "substrate_ready_transactions_number",
    "Number of transactions in the ready queue",
    (ready) => ready.set(node.pool.ready().length),
  );
  gauge("substrate_sub_libp2p_peers_count", "Number of connected peers", (peers) =>
    peers.set(node.peers().length),
  );
  gauge(
    "substrate_sub_libp2p_is_major_syncing",
    "Whether the node is performing a major sync or not.",
    (syncing) => syncing.set(node.isSyncing ? 1 : 0),
  );
  gauge("substrate_finality_grandpa_round", "Highest completed GRANDPA round.", (round) =>
    round.set(node.finalityRound()?.round ?? 0),
  );
  gauge(
    "polkadot_parachain_approval_checking_finality_lag",
    "How far behind the head of the chain the Approval Checking protocol wants to vote",
    (lag) => lag.set(node.finalityLags().approval),
  );
  gauge(
    "polkadot_parachain_disputes_finality_lag",
    "How far behind the head of the chain the Disputes protocol wants to vote",
    (lag) => lag.set(node.finalityLags().disputes),
  );
  gauge(
    "parahost_event_loop_delay_p99_seconds",
    "99th percentile of the delay of the event loop in the last half minute",
    (delay) => delay.set(loop.p99Ms / 1000),
  );
  gauge("parahost_event_loop_delay_p99_max_seconds", "What that delay must not exceed", (most) =>
    most.set(DELAY_P99_MS_MAX / 1000),
  );

  const histogram = (name: string, help: string, buckets: readonly number[]) => {
    const made = new Histogram({ name, help, buckets: [...buckets], registers: [registry] });
    return (seconds: number): void => made.observe(seconds);
  };
  const onImported = histogram(
    "parahost_block_import_after_slot_seconds",
    "Time from the beginning of a block's slot to its import, seconds",
    IMPORT_BUCKETS,
  );
  validation.onExecuted = histogram(
    "polkadot_pvf_execution_time",
    "Time spent in executing PVFs",
    EXECUTION_BUCKETS,
  );
  validation.onPrepared = histogram(
    "polkadot_pvf_preparation_time",
    "Time spent in preparing PVF artifacts in seconds",
    PREPARATION_BUCKETS,
  );
  const seconded = counter(
    "polkadot_parachain_candidate_backing_candidates_seconded_total",
    "Number of candidates seconded.",
  );
  const disputes = counter(
    "polkadot_parachain_candidate_disputes_total",
    "Total number of raised disputes.",
  );
  const concluded = counter(
    "polkadot_parachain_candidate_dispute_concluded",
    "Concluded dispute votes, sorted by whether the candidate was found valid.",
    ["validity"] as const,
  );
  const candidates = counter(
    "parahost_candidates_total",
    "Candidates of the relay chain by what became of them",
    ["fate"] as const,
  );
  node.chain.subscribe((event) => {
    if (event.type !== "imported" || event.origin === "sync") return;
    onImported((Date.now() - event.preDigest.value.slot * slotMs) / 1000);
  });
  node.events.subscribe((event) => {
    switch (event.event) {
      case "candidate.seconded":
        seconded.inc();
        break;
      case "candidate.backed":
      case "candidate.included":
      case "candidate.timedOut":
      case "candidate.approved":
        candidates.inc({ fate: event.event.slice("candidate.".length) });
        break;
      case "dispute.raised":
        disputes.inc();
        break;
      case "dispute.concluded":
        concluded.inc({ validity: event.outcome });
        break;
    }
  });
  return registry;
}
