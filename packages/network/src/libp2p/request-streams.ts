/**
 * One request protocol over libp2p: a stream for each question, which carries one frame each way and
 * is reset for a refusal. Reference: consensus 7.2.
 */

import type { Connection, Stream } from "@libp2p/interface";
import { err, ok, type Result, type Timer } from "@parahost/base";
import type { IncomingRequest, PeerId, RequestError, RequestProtocol } from "../port.ts";
import { Reputation } from "../reputation.ts";
import { encodeFrames, type FrameError } from "./frames.ts";
import { type Peers, remoteOf } from "./peers.ts";
import { Substream } from "./substream.ts";

type Answer = Result<Uint8Array, RequestError>;

export class RequestStreams {
  readonly names: readonly string[];
  readonly #protocol: RequestProtocol;
  readonly #onRequest: ((request: IncomingRequest) => void) | undefined;
  readonly #peers: Peers;
  /** Settles one open question of ours with an error; as many as there are. */
  readonly #asked = new Set<(error: RequestError) => void>();
  /** Ends one request that is being answered; as many as there are. */
  readonly #inbound = new Set<() => void>();
  #isClosed = false;

  constructor(
    protocol: RequestProtocol,
    onRequest: ((request: IncomingRequest) => void) | undefined,
    peers: Peers,
  ) {
    this.names = [protocol.name, ...(protocol.fallbackNames ?? [])];
    this.#protocol = protocol;
    this.#onRequest = onRequest;
    this.#peers = peers;
  }

  /** Whether we answer. */
  get answers(): boolean {
    return this.#onRequest !== undefined;
  }

  ask(peer: PeerId, payload: Uint8Array): Promise<Answer> {
    if (this.#isClosed) return Promise.resolve(err({ code: "notConnected" }));
    return new Promise((resolve) => {
      const giveUp = new AbortController();
      let substream: Substream | undefined;
      const settle = (answer: Answer): void => {
        if (!this.#asked.delete(fail)) return;
        timeout.cancel();
        giveUp.abort();
        substream?.abort();
        resolve(answer);
      };
      const fail = (error: RequestError): void => settle(err(error));
      this.#asked.add(fail);
      const timeout = this.#peers.clock.setTimer(this.#protocol.timeoutMs, () =>
        fail({ code: "timeout" }),
      );
      const onStream = (stream: Stream): void => {
        if (!this.#asked.has(fail)) {
          stream.abort(new Error("the question is settled"));
          return;
        }
        substream = new Substream(stream, this.#protocol.responseBytesMax, this.#peers, {
          onFrame: (frame) => settle(ok(frame)),
          onRemoteDone: () => fail(this.#errorOf(peer, undefined)),
          onEnd: (error) => fail(this.#errorOf(peer, error)),
        });
        if (substream.write(encodeFrames([payload]))) substream.closeWrite();
        else fail(this.#errorOf(peer, undefined));
      };
      void this.#peers.openStream(peer, this.names, giveUp.signal).then((stream) => {
        if (typeof stream === "string") fail({ code: stream });
        else onStream(stream);
      });
    });
  }

  onInbound(stream: Stream, connection: Connection): void {
    const peer = remoteOf(connection);
    const onRequest = this.#onRequest;
    const { inboundMax, requestBytesMax, timeoutMs } = this.#protocol;
    const isRefused =
      this.#isClosed ||
      onRequest === undefined ||
      !this.#peers.isWelcome(peer) ||
      this.#inbound.size >= inboundMax;
    if (isRefused) {
      stream.abort(new Error("refused"));
      return;
    }
    let state: "asked" | "answered" | "over" = "asked";
    let isHeard = false;
    /** It takes up no place any more; what is left of the stream ends by itself or at its expiry. */
    const over = (): void => {
      state = "over";
      this.#inbound.delete(stop);
    };
    const stop = (): void => {
      over();
      expiry.cancel();
      substream.abort();
    };
    const refuse = (): void => {
      if (state === "asked") stop();
    };
    const respond = (bytes: Uint8Array): void => {
      if (state !== "asked") return;
      state = "answered";
      if (!substream.write(encodeFrames([bytes]))) {
        stop();
        return;
      }
      substream.closeWrite();
      if (substream.isIdle) over();
    };
    const substream: Substream = new Substream(stream, requestBytesMax, this.#peers, {
      onFrame: (payload) => {
        if (isHeard) return;
        isHeard = true;
        onRequest({ peer, payload, respond, refuse });
      },
      onRemoteDone: () => {
        if (!isHeard) stop();
      },
      onWritten: () => {
        if (state === "answered") over();
      },
      onEnd: (error) => {
        if (error?.code === "frameTooLong")
          this.#peers.report(peer, Reputation.costMajor, "oversized request");
        over();
        expiry.cancel();
      },
    });
    this.#inbound.add(stop);
    const expiry: Timer = this.#peers.clock.setTimer(timeoutMs, stop);
  }

  close(): void {
    this.#isClosed = true;
    for (const fail of [...this.#asked]) fail({ code: "notConnected" });
    for (const stop of [...this.#inbound]) stop();
  }

  #errorOf(peer: PeerId, error: FrameError | undefined): RequestError {
    switch (error?.code) {
      case "frameTooLong":
        this.#peers.report(peer, Reputation.costMajor, "oversized response");
        return { code: "responseTooLarge", bytes: error.bytes };
      case "badLength":
        this.#peers.report(peer, Reputation.costMajor, "malformed frame");
        return { code: "refused" };
      case "outOfBuffers":
        return { code: "notConnected" };
      case undefined:
        return { code: this.#peers.isConnected(peer) ? "refused" : "notConnected" };
    }
  }
}
