export type * from "./approval-distribution/messages.ts";
export type * from "./approval-voting/messages.ts";
export type * from "./availability-distribution/messages.ts";
export type * from "./availability-recovery/messages.ts";
export { PRUNING_TIMES, type PruningTimes } from "./availability-store/candidate-meta.ts";
export { AVAILABILITY_COLUMNS, type AvailabilityColumn } from "./availability-store/database.ts";
export type * from "./availability-store/messages.ts";
export type * from "./bitfield-distribution/messages.ts";
export type { BitfieldRecordColumn } from "./bitfield-signing/bitfield-record.ts";
export type * from "./bitfield-signing/messages.ts";
export type * from "./candidate-backing/messages.ts";
export type * from "./candidate-validation/messages.ts";
export type { ChainBackend } from "./chain-api/chain-backend.ts";
export type * from "./chain-api/messages.ts";
export type * from "./chain-selection/messages.ts";
export type * from "./collation-generation/messages.ts";
export type * from "./collator-protocol/messages.ts";
export { EventBus, type NodeEventListener } from "./event-bus.ts";
export type * from "./events.ts";
export type * from "./gossip-support/messages.ts";
export { type AuthorityDiscovery, AuthorityTable } from "./network-bridge/authority-discovery.ts";
export type * from "./network-bridge/messages.ts";
export type * from "./overseer/context.ts";
export type { BlockInfo } from "./overseer/leaves.ts";
export type { Messages, SubsystemName } from "./overseer/messages.ts";
export {
  type ChainAtStart,
  type EndReason,
  Overseer,
  type OverseerDependencies,
  type OverseerEnd,
  type Subsystems,
} from "./overseer/overseer.ts";
export { Cancelled, oneShot, type Reply, unlessCancelled } from "./overseer/reply.ts";
export type * from "./overseer/signal.ts";
export type * from "./provisioner/messages.ts";
export type * from "./runtime-api/messages.ts";
export type * from "./runtime-api/runtime-api-at.ts";
export type * from "./statement-distribution/messages.ts";
