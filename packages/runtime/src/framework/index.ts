/** The door of the framework for the pallets; nothing outside this room imports it. */
export * from "./dispatch.ts";
export { depositEvent, EventRecord, eventsOf, Phase } from "./events.ts";
export { bindVerifier, verifySignature, verifyTogether } from "./host.ts";
export * from "./origin.ts";
export {
  type AnyRuntimeCall,
  type AnyRuntimeEvent,
  dispatchCall,
  dispatchInfo,
  RuntimeCall,
  RuntimeEvent,
} from "./outer.ts";
export * from "./pallet.ts";
export type { State } from "./state.ts";
export * from "./storage.ts";
export * from "./validity.ts";
export { READ_WEIGHT, WEIGHT_PER_SECOND, WRITE_WEIGHT, weightOf } from "./weight.ts";
