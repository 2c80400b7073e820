export {
  type ChainProperties,
  type ChainView,
  relayView,
  type ViewBlock,
  type ViewEvent,
  type ViewPoolEvent,
  type ViewSubmitError,
} from "./chain-view.ts";
export { ErrorCode, type Json, RpcError } from "./json-rpc.ts";
export {
  combineMethods,
  type Method,
  type Methods,
  refuseAll,
  type Send,
  type Session,
  type Subscriber,
  type Subscription,
} from "./method.ts";
export { CandidateLog } from "./methods/candidate-log.ts";
export { chainMethods } from "./methods/chain.ts";
export {
  type DevControl,
  type DevEntry,
  type DevHead,
  DevRefusal,
  devNetworkMethods,
} from "./methods/dev-network.ts";
export { type EventSource, eventMethods } from "./methods/events.ts";
export { toJson } from "./methods/json.ts";
export { listMethods } from "./methods/list.ts";
export { type ParaAccess, paraMethods } from "./methods/para.ts";
export { type ParaViewOptions, paraView } from "./methods/para-chain/para-view.ts";
export { parachainsMethods } from "./methods/parachains.ts";
export {
  chainViewMethods,
  type RelayMethodsOptions,
  relayMethods,
} from "./methods/relay-methods.ts";
export type { SpecSource } from "./methods/sync-state.ts";
export { type ChainIdentity, nextNonce } from "./methods/system.ts";
export { type AllowedCallers, LOCAL_CALLERS } from "./origin.ts";
export {
  RPC_LIMITS,
  type RpcLimits,
  type RpcServer,
  type RpcServerOptions,
  startRpcServer,
} from "./server.ts";
