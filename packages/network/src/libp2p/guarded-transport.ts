/** Encryption and multiplexing with guards in front of each negotiation and of the multiplexer. */
import { noise } from "@chainsafe/libp2p-noise";
import { type YamuxMuxerInit, yamux } from "@chainsafe/libp2p-yamux";
import {
  type ComponentLogger,
  type ConnectionEncrypter,
  type MessageStream,
  type SecuredConnection,
  type StreamMuxerFactory,
  StreamStateError,
} from "@libp2p/interface";
import type { Clock } from "@parahost/base";
import { FrameGuard, WINDOW_BYTES_MAX } from "./frame-guard.ts";
import { guardNegotiation } from "./negotiation-guard.ts";

const KIB = 1024;
const NOISE = "/noise";
const YAMUX = "/yamux/1.0.0";

export interface GuardOptions {
  readonly clock: Clock;
  /** Streams of one connection in each direction. */
  readonly streamsMax: number;
  /** Whether we answer to this protocol. */
  isOffered(protocol: string): boolean;
  onViolation(what: string): void;
}

/** Guards the choice of the encryption; for a connection that nothing was read from. */
export function guardNewConnection(connection: MessageStream, { onViolation }: GuardOptions): void {
  guardNegotiation(connection, (protocol) => protocol === NOISE, onViolation);
}

type NoiseComponents = Parameters<ReturnType<typeof noise>>[0];

export function guardedNoise(
  options: GuardOptions,
): (components: NoiseComponents) => ConnectionEncrypter {
  return (components) => {
    const encrypter = noise()(components);
    const { secureInbound, secureOutbound } = encrypter;
    encrypter.secureInbound = async (...args: Parameters<typeof secureInbound>) =>
      guardSecured(await secureInbound.apply(encrypter, args), options);
    encrypter.secureOutbound = async (...args: Parameters<typeof secureOutbound>) =>
      guardSecured(await secureOutbound.apply(encrypter, args), options);
    return encrypter;
  };
}

/** Guards the choice of the multiplexer, unless it was agreed on with the encryption. */
function guardSecured<T extends Pick<SecuredConnection, "connection" | "streamMuxer">>(
  secured: T,
  { onViolation }: GuardOptions,
): T {
  if (secured.streamMuxer === undefined)
    guardNegotiation(secured.connection, (protocol) => protocol === YAMUX, onViolation);
  return secured;
}

/** Windows start at 256 KiB, as peers expect, and grow to what one answer needs. */
const yamuxConfig = (streamsMax: number): YamuxMuxerInit => ({
  maxInboundStreams: streamsMax,
  maxOutboundStreams: streamsMax,
  streamOptions: {
    initialStreamWindowSize: 256 * KIB,
    maxStreamWindowSize: WINDOW_BYTES_MAX,
    maxReadBufferLength: WINDOW_BYTES_MAX,
  },
});

export function guardedYamux(
  options: GuardOptions,
): (components: { logger: ComponentLogger }) => StreamMuxerFactory {
  const { clock, streamsMax, isOffered, onViolation } = options;
  /** What the other side names in answer to our proposal is what both will speak. */
  const isChosen = (protocol: string): boolean => protocol.startsWith("/");
  return () => {
    const factory = yamux(yamuxConfig(streamsMax))();
    const createStreamMuxer = factory.createStreamMuxer.bind(factory);
    factory.createStreamMuxer = (connection) => {
      guardFrames(connection, clock, onViolation);
      const muxer = createStreamMuxer(connection);
      tolerateClosedConnection(muxer as unknown as OpeningMuxer);
      // Streams that come before anybody listens are kept for the first listener, which must not be we.
      const addEventListener = muxer.addEventListener.bind(muxer);
      let isGuarded = false;
      muxer.addEventListener = (...args: Parameters<typeof addEventListener>) => {
        if (args[0] === "stream" && !isGuarded) {
          isGuarded = true;
          addEventListener("stream", ({ detail }) =>
            guardNegotiation(detail, isOffered, onViolation),
          );
        }
        addEventListener(...args);
      };
      const createStream = muxer.createStream.bind(muxer);
      muxer.createStream = async (init) => {
        const stream = await createStream(init);
        // Granted with the first update: an answer of megabytes would wait for dozens of them.
        Object.assign(stream, { recvWindow: WINDOW_BYTES_MAX });
        guardNegotiation(stream, isChosen, onViolation);
        return stream;
      };
      return muxer;
    };
    return factory;
  };
}

/** Parts of yamux's multiplexer and streams that its types do not show. */
interface OpeningMuxer {
  onCreateStream(...args: readonly unknown[]): { sendWindowUpdate(): void };
}

/**
 * A new stream tells the other side of itself a moment later, from where nobody catches what a connection throws that was
 * closed meanwhile. The stream ends with its connection.
 */
function tolerateClosedConnection(muxer: OpeningMuxer): void {
  const onCreateStream = muxer.onCreateStream.bind(muxer);
  muxer.onCreateStream = (...args) => {
    const stream = onCreateStream(...args);
    const sendWindowUpdate = stream.sendWindowUpdate.bind(stream);
    stream.sendWindowUpdate = () => {
      try {
        sendWindowUpdate();
      } catch (error) {
        if (!(error instanceof StreamStateError)) throw error;
      }
    };
    return stream;
  };
}

function guardFrames(
  connection: MessageStream,
  clock: Clock,
  onViolation: (what: string) => void,
): void {
  const guard = new FrameGuard(connection.direction === "inbound", clock.now());
  connection.addEventListener("message", (event) => {
    const now = clock.now();
    for (const chunk of event.data instanceof Uint8Array ? [event.data] : event.data) {
      const wrong = guard.check(chunk, now);
      if (wrong === undefined) continue;
      event.stopImmediatePropagation();
      onViolation(wrong);
      connection.abort(new Error(wrong));
      return;
    }
  });
}
