export { ErrorCode, type Json, RpcError } from "./json-rpc.ts";
export {
  combineMethods,
  type Method,
  type Methods,
  type Send,
  type Subscription,
} from "./method.ts";
export { type RpcServer, type RpcServerOptions, startRpcServer } from "./server.ts";
