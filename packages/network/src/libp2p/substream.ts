/**
 * One libp2p stream as a sequence of frames: the events of the library become calls in their order,
 * with one end however the stream ends.
 */

import type { Stream } from "@libp2p/interface";
import type { Clock } from "@parahost/base";
import type { BufferBudget } from "./buffer-budget.ts";
import { type FrameError, FrameReader } from "./frames.ts";

export interface SubstreamEvents {
  onFrame(frame: Uint8Array): void;
  /** The other side has said all that it wanted to say. */
  onRemoteDone(): void;
  /** The stream is over; `error` when it is the other side's bytes that ended it. Called once. */
  onEnd(error: FrameError | undefined): void;
  /** All that was written and had to wait has left our hands. */
  onWritten?(): void;
}

export class Substream {
  readonly #stream: Stream;
  readonly #clock: Clock;
  readonly #budget: BufferBudget;
  readonly #reader: FrameReader;
  readonly #events: SubstreamEvents;
  /** Bytes of the budget that wait to leave. */
  #unwritten = 0;
  #isWriting = false;
  #isEnded = false;

  constructor(
    stream: Stream,
    frameBytesMax: number,
    { clock, budget }: { readonly clock: Clock; readonly budget: BufferBudget },
    events: SubstreamEvents,
  ) {
    this.#stream = stream;
    this.#clock = clock;
    this.#budget = budget;
    this.#reader = new FrameReader(frameBytesMax, budget);
    this.#events = events;
    stream.addEventListener("message", ({ data }) => {
      for (const chunk of data instanceof Uint8Array ? [data] : data) this.#read(chunk);
    });
    stream.addEventListener("end", this.#onRemoteDone);
    stream.addEventListener("close", this.#onClose);
    stream.addEventListener("idle", () => this.#onIdle());
    if (stream.readableEnded) this.#onRemoteDone();
    if (stream.status !== "open") this.#onClose();
  }

  /** Whether nothing that was written still waits. */
  get isIdle(): boolean {
    return this.#unwritten === 0;
  }

  set frameBytesMax(bytes: number) {
    this.#reader.bytesMax = bytes;
  }

  /** Writes the parts one after the other. False when that cannot be, or all peers have filled our buffers. */
  write(...parts: readonly Uint8Array[]): boolean {
    if (this.#isEnded || this.#stream.writeStatus !== "writable") return false;
    const length = parts.reduce((sum, part) => sum + part.length, 0);
    if (!this.#budget.take(length)) return false;
    this.#unwritten += length;
    this.#isWriting = true;
    try {
      for (const part of parts) if (part.length > 0) this.#stream.send(part);
    } catch {
      // The library throws when the connection went away; that is an end like any other.
      this.abort();
      return false;
    } finally {
      this.#isWriting = false;
    }
    if (this.#stream.writeBufferLength === 0) this.#settle();
    return true;
  }

  /** No more will be written; what the other side still has to say is read. */
  closeWrite(): void {
    this.#stream.close().catch(() => this.abort());
  }

  /** Frames and the window are held back until `resume`. */
  pause(): void {
    this.#reader.pause();
    if (this.#stream.readStatus === "readable") this.#stream.pause();
  }

  resume(): void {
    const resumed = this.#reader.resume(this.#onFrame);
    if (!resumed.ok) this.#end(resumed.error);
    else if (this.#stream.readStatus === "paused") this.#stream.resume();
  }

  /** Ends it at once and for both sides; `onEnd` is not called for it. */
  abort(): void {
    this.#release();
    this.#stream.abort(new Error("not wanted any more"));
  }

  // The end may be told before the last bytes, so it is believed one turn of the event loop later.

  readonly #onRemoteDone = (): void =>
    void this.#clock.setTimer(0, () => {
      if (!this.#isEnded) this.#events.onRemoteDone();
    });

  readonly #onClose = (): void => void this.#clock.setTimer(0, () => this.#end(undefined));

  readonly #onFrame = (frame: Uint8Array): void => {
    if (!this.#isEnded) this.#events.onFrame(frame);
  };

  #read(chunk: Uint8Array): void {
    if (this.#isEnded) return;
    const read = this.#reader.push(chunk, this.#onFrame);
    if (!read.ok) this.#end(read.error);
  }

  #onIdle(): void {
    // Between two parts nothing waits either.
    if (this.#isEnded || this.#isWriting || this.#unwritten === 0) return;
    this.#settle();
    this.#events.onWritten?.();
  }

  #settle(): void {
    this.#budget.give(this.#unwritten);
    this.#unwritten = 0;
  }

  #end(error: FrameError | undefined): void {
    if (this.#isEnded) return;
    this.#release();
    if (error !== undefined) this.#stream.abort(new Error(error.code));
    this.#events.onEnd(error);
  }

  #release(): void {
    if (this.#isEnded) return;
    this.#isEnded = true;
    this.#reader.close();
    this.#settle();
  }
}
