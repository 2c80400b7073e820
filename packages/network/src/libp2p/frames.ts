/**
 * Frames of a substream: a length in LEB128 and that many bytes. Room for a frame grows with what has
 * arrived of it, so that a peer that announces much and sends little costs little.
 */
import { concatBytes, EMPTY_BYTES, err, ok, type Result } from "@parahost/base";
import type { BufferBudget } from "./buffer-budget.ts";

export type FrameError =
  | { readonly code: "frameTooLong"; readonly bytes: number }
  /** Not a number, or not its shortest form. */
  | { readonly code: "badLength" }
  /** All peers together have filled our buffers. */
  | { readonly code: "outOfBuffers" };

/** Five bytes hold 35 bits, more than any frame is long. */
const LENGTH_BYTES_MAX = 5;
/** Room is made for so many times what has arrived, as far as the frame is long. */
const GROWTH = 4;

/** A frame's length in front of its bytes. */
export function frameHeader(length: number): Uint8Array {
  const header: number[] = [];
  let rest = length;
  for (; rest >= 0x80; rest = Math.floor(rest / 0x80)) header.push((rest % 0x80) | 0x80);
  header.push(rest);
  return Uint8Array.from(header);
}

/** `messages` as frames, one after the other. */
export const encodeFrames = (messages: readonly Uint8Array[]): Uint8Array =>
  concatBytes(...messages.flatMap((message) => [frameHeader(message.length), message]));

/** Cuts a stream of bytes into frames. */
export class FrameReader {
  /** Longest frame that is taken; may change between two frames. */
  bytesMax: number;
  readonly #budget: BufferBudget;
  /** What has arrived of the present frame, or of its length: the first `#held` bytes. */
  #buffer: Uint8Array = EMPTY_BYTES;
  #held = 0;
  /** Length of the present frame once it is known. */
  #length: number | undefined;
  #isPaused = false;
  /** What was left when the reader was paused. */
  #waiting: Uint8Array = EMPTY_BYTES;

  constructor(bytesMax: number, budget: BufferBudget) {
    this.bytesMax = bytesMax;
    this.#budget = budget;
  }

  /** Takes the next bytes and hands over copies of the frames that they complete. */
  push(chunk: Uint8Array, onFrame: (frame: Uint8Array) => void): Result<void, FrameError> {
    let rest = chunk;
    while (rest.length > 0) {
      if (this.#isPaused) return this.#wait(rest);
      if (this.#length === undefined) {
        const taken = this.#takeLength(rest);
        if (!taken.ok) return taken;
        rest = rest.subarray(taken.value);
        if (this.#length !== 0) continue;
      }
      const missing = (this.#length as number) - this.#held;
      const piece = rest.subarray(0, missing);
      rest = rest.subarray(piece.length);
      if (piece.length < missing || this.#held > 0) {
        const held = this.#hold(piece);
        if (!held.ok || piece.length < missing) return held;
      }
      // Not `slice`: that of a `Buffer` is no copy.
      const frame = this.#held === 0 ? new Uint8Array(piece) : this.#buffer.subarray(0, this.#held);
      this.#drop();
      onFrame(frame);
    }
    return ok(undefined);
  }

  /** Frames are held back until `resume`. */
  pause(): void {
    this.#isPaused = true;
  }

  resume(onFrame: (frame: Uint8Array) => void): Result<void, FrameError> {
    this.#isPaused = false;
    const waiting = this.#waiting;
    this.#waiting = EMPTY_BYTES;
    this.#budget.give(waiting.length);
    return this.push(waiting, onFrame);
  }

  /** Gives back what is held; for the end of the stream. */
  close(): void {
    this.#drop();
    this.#budget.give(this.#waiting.length);
    this.#waiting = EMPTY_BYTES;
  }

  /** Reads the length, or what has come of it; how many bytes of `chunk` that took. */
  #takeLength(chunk: Uint8Array): Result<number, FrameError> {
    const header = concatBytes(
      this.#buffer.subarray(0, this.#held),
      chunk.subarray(0, LENGTH_BYTES_MAX - this.#held),
    );
    let length = 0;
    for (const [i, byte] of header.entries()) {
      length += (byte & 0x7f) * 2 ** (7 * i);
      if (byte >= 0x80) continue;
      if (byte === 0 && i > 0) return err({ code: "badLength" });
      if (length > this.bytesMax) return err({ code: "frameTooLong", bytes: length });
      const taken = i + 1 - this.#held;
      this.#drop();
      this.#length = length;
      return ok(taken);
    }
    if (header.length === LENGTH_BYTES_MAX) return err({ code: "badLength" });
    const held = this.#hold(chunk);
    return held.ok ? ok(chunk.length) : held;
  }

  #hold(piece: Uint8Array): Result<void, FrameError> {
    if (!this.#budget.take(piece.length)) return err({ code: "outOfBuffers" });
    const needed = this.#held + piece.length;
    if (needed > this.#buffer.length) {
      const enough = Math.max(needed, GROWTH * this.#buffer.length);
      const grown = new Uint8Array(Math.min(enough, this.#length ?? LENGTH_BYTES_MAX));
      grown.set(this.#buffer.subarray(0, this.#held));
      this.#buffer = grown;
    }
    this.#buffer.set(piece, this.#held);
    this.#held = needed;
    return ok(undefined);
  }

  #wait(rest: Uint8Array): Result<void, FrameError> {
    if (!this.#budget.take(rest.length)) return err({ code: "outOfBuffers" });
    this.#waiting = concatBytes(this.#waiting, rest);
    return ok(undefined);
  }

  #drop(): void {
    this.#budget.give(this.#held);
    this.#buffer = EMPTY_BYTES;
    this.#held = 0;
    this.#length = undefined;
  }
}
