/**
 * Many questions and answers on one stream, between nodes of this program: opening a stream costs more
 * than most answers. Each question bears a number, which its answer repeats; answers may overtake each
 * other. Performance budget, 4.
 */

import type { Stream } from "@libp2p/interface";
import { concatBytes, EMPTY_BYTES, u32Bytes } from "@parahost/base";
import { encodeFrames, type FrameError, frameHeader } from "./frames.ts";
import type { Peers } from "./peers.ts";
import { Substream } from "./substream.ts";

/** Under this name a protocol is spoken on long-lived streams. */
export const pipeName = (protocolName: string): string => `${protocolName}/pipe`;

const ID_BYTES = 4;
/** Number and kind of an answer. */
const ANSWER_HEADER_BYTES = ID_BYTES + 1;
const Kind = { refused: 0, answered: 1 } as const;
const ID_END = 2 ** 32;

/** The numbered question in a frame; `undefined` for a frame too short to have a number. */
export function questionOf(frame: Uint8Array): { id: Uint8Array; payload: Uint8Array } | undefined {
  if (frame.length < ID_BYTES) return undefined;
  return { id: frame.subarray(0, ID_BYTES), payload: frame.subarray(ID_BYTES) };
}

/** Longest frame that carries a question of so many bytes. */
export const questionBytes = (payloadBytes: number): number => payloadBytes + ID_BYTES;

/** An answer as the parts of a frame, or a refusal. */
export function answerFrame(id: Uint8Array, bytes: Uint8Array | undefined): readonly Uint8Array[] {
  const kind = Uint8Array.of(bytes === undefined ? Kind.refused : Kind.answered);
  const payload = bytes ?? EMPTY_BYTES;
  const header = frameHeader(ANSWER_HEADER_BYTES + payload.length);
  return [concatBytes(header, id, kind), payload];
}

/** What became of a question: its answer, a refusal, or the end of the stream with what ended it. */
export type PipeAnswer =
  | { readonly type: "answered"; readonly bytes: Uint8Array }
  | { readonly type: "refused" }
  | { readonly type: "ended"; readonly error: FrameError | undefined };

/** The error in terms of the answer, without what the pipe puts in front of it. */
const ofAnswer = (error: FrameError | undefined): FrameError | undefined =>
  error?.code === "frameTooLong" ? { ...error, bytes: error.bytes - ANSWER_HEADER_BYTES } : error;

/** The asking end. */
export class AskingPipe {
  readonly #substream: Substream;
  readonly #waiting = new Map<number, (answer: PipeAnswer) => void>();
  readonly #onEnd: () => void;
  #nextId = 0;
  #isEnded = false;

  constructor(stream: Stream, answerBytesMax: number, peers: Peers, onEnd: () => void) {
    this.#onEnd = onEnd;
    this.#substream = new Substream(stream, answerBytesMax + ANSWER_HEADER_BYTES, peers, {
      onFrame: (frame) => this.#onAnswer(frame),
      onRemoteDone: () => this.#end(undefined),
      onEnd: (error) => this.#end(ofAnswer(error)),
    });
  }

  /** Calls `onAnswer` once, unless the question is given up first by calling what this returns. */
  ask(payload: Uint8Array, onAnswer: (answer: PipeAnswer) => void): () => void {
    const id = this.#nextId;
    this.#nextId = (id + 1) % ID_END;
    this.#waiting.set(id, onAnswer);
    if (this.#isEnded) this.#end(undefined);
    else if (!this.#substream.write(encodeFrames([concatBytes(u32Bytes(id), payload)]))) {
      this.#substream.abort();
      this.#end(undefined);
    }
    return () => void this.#waiting.delete(id);
  }

  close(): void {
    this.#substream.abort();
    this.#end(undefined);
  }

  #onAnswer(frame: Uint8Array): void {
    if (frame.length < ANSWER_HEADER_BYTES) {
      this.#substream.abort();
      this.#end({ code: "badLength" });
      return;
    }
    const id = new DataView(frame.buffer, frame.byteOffset).getUint32(0, true);
    const onAnswer = this.#waiting.get(id);
    // An answer to a question that was given up.
    if (onAnswer === undefined) return;
    this.#waiting.delete(id);
    if (frame[ID_BYTES] === Kind.refused) onAnswer({ type: "refused" });
    else onAnswer({ type: "answered", bytes: frame.subarray(ANSWER_HEADER_BYTES) });
  }

  #end(error: FrameError | undefined): void {
    if (!this.#isEnded) {
      this.#isEnded = true;
      this.#onEnd();
    }
    const waiting = [...this.#waiting.values()];
    this.#waiting.clear();
    for (const onAnswer of waiting) onAnswer({ type: "ended", error });
  }
}
