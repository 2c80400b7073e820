/**
 * One request protocol over libp2p: a stream for each question, which carries one frame each way and
 * is reset for a refusal (reference: consensus 7.2), or one stream for many questions with peers that
 * know how.
 */

import type { Connection, Stream } from "@libp2p/interface";
import { err, LruMap, ok, type Result, type Timer } from "@parahost/base";
import type { IncomingRequest, PeerId, RequestError, RequestProtocol } from "../port.ts";
import { Reputation } from "../reputation.ts";
import { encodeFrames, type FrameError, frameHeader } from "./frames.ts";
import { type OpenStreamError, type Peers, remoteOf } from "./peers.ts";
import {
  AskingPipe,
  answerFrame,
  type PipeAnswer,
  pipeName,
  questionBytes,
  questionOf,
} from "./request-pipe.ts";
import { Substream } from "./substream.ts";

type Answer = Result<Uint8Array, RequestError>;

const PIPELESS_MAX = 1_024;

export class RequestStreams {
  readonly names: readonly string[];
  readonly pipeName: string;
  readonly #protocol: RequestProtocol;
  #onRequest: ((request: IncomingRequest) => void) | undefined;
  readonly #peers: Peers;
  /** Settles one open question of ours with an error; as many as there are. */
  readonly #asked = new Set<(error: RequestError) => void>();
  /** Ends one request that is being answered; as many as there are. */
  readonly #inbound = new Set<() => void>();
  /** Streams for many questions, or the beginnings of them. */
  readonly #pipes = new Map<PeerId, Promise<AskingPipe | OpenStreamError | undefined>>();
  /** Peers that know no such streams. */
  readonly #pipeless = new LruMap<PeerId, true>(PIPELESS_MAX);
  #isClosed = false;

  /** Only asks until `answerBy`. */
  constructor(protocol: RequestProtocol, peers: Peers) {
    this.names = [protocol.name, ...(protocol.fallbackNames ?? [])];
    this.pipeName = pipeName(protocol.name);
    this.#protocol = protocol;
    this.#peers = peers;
  }

  answerBy(onRequest: (request: IncomingRequest) => void): void {
    this.#onRequest = onRequest;
  }

  /** Whether we answer. */
  get answers(): boolean {
    return this.#onRequest !== undefined;
  }

  ask(peer: PeerId, payload: Uint8Array): Promise<Answer> {
    if (this.#isClosed) return Promise.resolve(err({ code: "notConnected" }));
    return new Promise((resolve) => {
      const giveUp = new AbortController();
      let letGo = (): void => {};
      const settle = (answer: Answer): void => {
        if (!this.#asked.delete(fail)) return;
        timeout.cancel();
        giveUp.abort();
        letGo();
        resolve(answer);
      };
      const fail = (error: RequestError): void => settle(err(error));
      this.#asked.add(fail);
      const timeout = this.#peers.clock.setTimer(this.#protocol.timeoutMs, () =>
        fail({ code: "timeout" }),
      );
      void this.#open(peer, giveUp.signal).then((opened) => {
        if (typeof opened === "string") fail({ code: opened });
        else if (opened instanceof AskingPipe) {
          if (!this.#asked.has(fail)) return;
          letGo = opened.ask(payload, (answer) => settle(this.#fromPipe(peer, answer)));
        } else if (!this.#asked.has(fail)) opened.abort(new Error("the question is settled"));
        else letGo = this.#askOnce(peer, opened, payload, settle);
      });
    });
  }

  /** One question on a stream of its own; the answer ends the stream. */
  #askOnce(
    peer: PeerId,
    stream: Stream,
    payload: Uint8Array,
    settle: (answer: Answer) => void,
  ): () => void {
    const substream = new Substream(stream, this.#protocol.responseBytesMax, this.#peers, {
      onFrame: (frame) => settle(ok(frame)),
      onRemoteDone: () => settle(err(this.#errorOf(peer, undefined))),
      onEnd: (error) => settle(err(this.#errorOf(peer, error))),
    });
    if (substream.write(encodeFrames([payload]))) substream.closeWrite();
    else settle(err(this.#errorOf(peer, undefined)));
    return () => substream.abort();
  }

  #fromPipe(peer: PeerId, answer: PipeAnswer): Answer {
    switch (answer.type) {
      case "answered":
        return ok(answer.bytes);
      case "refused":
        return err({ code: "refused" });
      case "ended":
        return err(this.#errorOf(peer, answer.error));
    }
  }

  /** The pipe to the peer, or a stream for one question where the peer knows no pipes. */
  async #open(peer: PeerId, signal: AbortSignal): Promise<AskingPipe | Stream | OpenStreamError> {
    const known = this.#pipes.get(peer);
    const pipe = known === undefined ? undefined : await known;
    if (pipe !== undefined) return pipe;
    if (known !== undefined || this.#pipeless.has(peer))
      return this.#peers.openStream(peer, this.names, signal);
    let single: Stream | undefined;
    const opening = this.#openPipe(peer, (stream) => {
      single = stream;
    });
    this.#pipes.set(peer, opening);
    return (await opening) ?? single ?? "notConnected";
  }

  async #openPipe(
    peer: PeerId,
    onSingle: (stream: Stream) => void,
  ): Promise<AskingPipe | OpenStreamError | undefined> {
    const names = [this.pipeName, ...this.names];
    const stream = await this.#peers.openStream(peer, names, new AbortController().signal);
    if (typeof stream === "string") {
      this.#pipes.delete(peer);
      return stream;
    }
    if (stream.protocol !== this.pipeName) {
      this.#pipes.delete(peer);
      this.#pipeless.set(peer, true);
      onSingle(stream);
      return undefined;
    }
    const forget = (): void => void this.#pipes.delete(peer);
    return new AskingPipe(stream, this.#protocol.responseBytesMax, this.#peers, forget);
  }

  /** A peer asks many questions on one stream. */
  onPipe(stream: Stream, connection: Connection): void {
    const peer = remoteOf(connection);
    const onRequest = this.#onRequest;
    if (this.#isClosed || onRequest === undefined || !this.#peers.isWelcome(peer)) {
      stream.abort(new Error("refused"));
      return;
    }
    const { requestBytesMax, timeoutMs, inboundMax } = this.#protocol;
    const open = new Set<() => void>();
    /** Ends a pipe whose answers are not read. */
    let unread: Timer | undefined;
    const end = (): void => {
      unread?.cancel();
      for (const forget of open) forget();
    };
    const stop = (): void => {
      end();
      pipe.abort();
    };
    const answer = (id: Uint8Array, bytes: Uint8Array | undefined): void => {
      if (!pipe.write(...answerFrame(id, bytes))) stop();
      else if (!pipe.isIdle) unread ??= this.#peers.clock.setTimer(timeoutMs, stop);
    };
    const pipe: Substream = new Substream(stream, questionBytes(requestBytesMax), this.#peers, {
      onFrame: (frame) => {
        const question = questionOf(frame);
        if (question === undefined) {
          this.#peers.report(peer, Reputation.costMajor, "malformed request");
          stop();
          return;
        }
        const { id, payload } = question;
        if (this.#inbound.size >= inboundMax) {
          answer(id, undefined);
          return;
        }
        const forget = (): void => {
          expiry.cancel();
          open.delete(forget);
          this.#inbound.delete(refuse);
        };
        const finish = (bytes: Uint8Array | undefined): void => {
          if (!open.has(forget)) return;
          forget();
          answer(id, bytes);
        };
        const refuse = (): void => finish(undefined);
        open.add(forget);
        this.#inbound.add(refuse);
        const expiry = this.#peers.clock.setTimer(timeoutMs, refuse);
        onRequest({ peer, payload, respond: finish, refuse });
      },
      onRemoteDone: stop,
      onWritten: () => {
        unread?.cancel();
        unread = undefined;
      },
      onEnd: (error) => {
        if (error?.code === "frameTooLong")
          this.#peers.report(peer, Reputation.costMajor, "oversized request");
        end();
      },
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
      if (!substream.write(frameHeader(bytes.length), bytes)) {
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
