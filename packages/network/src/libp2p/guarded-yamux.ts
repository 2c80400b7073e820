/** The multiplexer with a guard in front of it. */

import { type YamuxMuxerInit, yamux } from "@chainsafe/libp2p-yamux";
import type { ComponentLogger, StreamMuxerFactory } from "@libp2p/interface";
import type { Clock } from "@parahost/base";
import { FrameGuard, WINDOW_BYTES_MAX } from "./frame-guard.ts";

const KIB = 1024;

/** Windows start at 256 KiB, as peers expect, and grow to what one answer needs. */
const config = (streamsMax: number): YamuxMuxerInit => ({
  maxInboundStreams: streamsMax,
  maxOutboundStreams: streamsMax,
  streamOptions: {
    initialStreamWindowSize: 256 * KIB,
    maxStreamWindowSize: WINDOW_BYTES_MAX,
    maxReadBufferLength: WINDOW_BYTES_MAX,
  },
});

/** `streamsMax` is for each direction of one connection. */
export function guardedYamux(
  clock: Clock,
  streamsMax: number,
  onViolation: (what: string) => void,
): (components: { logger: ComponentLogger }) => StreamMuxerFactory {
  return () => {
    const factory = yamux(config(streamsMax))();
    const createStreamMuxer = factory.createStreamMuxer.bind(factory);
    factory.createStreamMuxer = (connection) => {
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
      return createStreamMuxer(connection);
    };
    return factory;
  };
}
