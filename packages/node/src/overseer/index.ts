/** What subsystems, tests and whoever assembles a node take from the overseer. */
export type * from "./context.ts";
export { FakeOverseer } from "./fake-overseer.ts";
export type { BlockInfo } from "./leaves.ts";
export { ManualClock } from "./manual-clock.ts";
export type { Messages, SubsystemName } from "./messages.ts";
export {
  type ChainAtStart,
  type EndReason,
  Overseer,
  type OverseerDependencies,
  type OverseerEnd,
  type Subsystems,
} from "./overseer.ts";
export { Cancelled, oneShot, type Reply, unlessCancelled } from "./reply.ts";
export type * from "./signal.ts";
