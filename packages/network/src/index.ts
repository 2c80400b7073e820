export { type LinkModel, MemoryNetwork, perfectLinks } from "./memory-network.ts";
export {
  type IfDisconnected,
  type IncomingRequest,
  type Network,
  type NotificationChannel,
  type NotificationEvent,
  type NotificationProtocol,
  type PeerId,
  peerId,
  type RequestError,
  type RequestProtocol,
} from "./port.ts";
export { BANNED_BELOW, Reputation, type ReputationClass, ReputationTable } from "./reputation.ts";
