/** A network port between a node and its network, through which everything it sends and hears can be changed. */
import type { Result } from "@parahost/base";
import type {
  IncomingRequest,
  Network,
  NotificationChannel,
  PeerId,
  RequestError,
} from "@parahost/network";

/** Protocols by the last part of their names: `validation/3`, `grandpa/1`, `req_chunk/2`, … */
export type ProtocolSuffix = string;

/** Each part may be left out; nothing then changes there. */
export interface Tap {
  /** What to send instead of a notification; `undefined` for nothing, as if it was sent. */
  readonly sends?: (
    protocol: ProtocolSuffix,
    peer: PeerId,
    bytes: Uint8Array,
    channel: NotificationChannel,
  ) => Uint8Array | undefined;
  /** What the node hears instead of a notification. */
  readonly hears?: (
    protocol: ProtocolSuffix,
    peer: PeerId,
    bytes: Uint8Array,
    channel: NotificationChannel,
  ) => Uint8Array | undefined;
  /** The answer to a request of the node; `ask` asks it as it is. */
  readonly asks?: (
    protocol: ProtocolSuffix,
    peer: PeerId,
    payload: Uint8Array,
    ask: () => Promise<Result<Uint8Array, RequestError>>,
  ) => Promise<Result<Uint8Array, RequestError>>;
  /** Answers a request of a peer; `answer` lets the node do it. */
  readonly answers?: (
    protocol: ProtocolSuffix,
    request: IncomingRequest,
    answer: (request: IncomingRequest) => void,
  ) => void;
}

export function tapped(own: Network, tap: Tap): Network {
  const { sends, hears, asks, answers } = tap;
  return {
    localPeer: own.localPeer,
    report: (peer, delta, reason) => own.report(peer, delta, reason),
    isBanned: (peer) => own.isBanned(peer),
    reserve: (address) => own.reserve(address),
    unreserve: (peer) => own.unreserve(peer),
    close: () => own.close(),
    registerNotifications: (protocol, onEvent) => {
      const suffix = suffixOf(protocol.name);
      const channel = own.registerNotifications(protocol, (event) => {
        if (event.type !== "message" || hears === undefined) return onEvent(event);
        const bytes = hears(suffix, event.peer, event.bytes, channel);
        if (bytes !== undefined) onEvent({ ...event, bytes });
      });
      if (sends === undefined) return channel;
      return {
        ...channel,
        send: (peer, bytes) => {
          const instead = sends(suffix, peer, bytes, channel);
          return instead === undefined ? true : channel.send(peer, instead);
        },
      };
    },
    registerRequests: (protocol, onRequest) => {
      if (onRequest === undefined || answers === undefined)
        return own.registerRequests(protocol, onRequest);
      const suffix = suffixOf(protocol.name);
      own.registerRequests(protocol, (request) => answers(suffix, request, onRequest));
    },
    request: (peer, protocol, payload, ifDisconnected) => {
      const ask = () => own.request(peer, protocol, payload, ifDisconnected);
      return asks === undefined ? ask() : asks(suffixOf(protocol), peer, payload, ask);
    },
  };
}

/** The name without the genesis hash (and fork id) before it. */
const suffixOf = (name: string): ProtocolSuffix => name.split("/").slice(-2).join("/");
