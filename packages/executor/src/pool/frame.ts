/**
 * Messages between the pool and its workers, over a pipe: length (u32) of what follows, job (u32), type (u8),
 * payload; little-endian. A worker's words are taken apart with as much distrust as a peer's.
 */

import { concatBytes, HostError, u32Bytes } from "@parahost/base";

/** Changes with anything that the two sides must agree on; workers of another build are refused. */
export const PROTOCOL = "parahost-executor/1";

/** To workers. */
export const REQUEST = { prepare: 1, execute: 2 } as const;
/** From workers. */
export const REPLY = {
  /** The worker has started and is of our build. */
  ready: 10,
  /** Preparation has ended, well or not. */
  prepared: 11,
  /** Nothing is kept for this code; prepare it first. */
  needsCode: 12,
  /** From here on time counts against the guest. */
  started: 13,
  /** `validate_block` has returned bytes. */
  returned: 14,
  /** It has not, by the guest's fault. */
  faulted: 15,
  /** It has not, by the machine's fault. */
  hostFailed: 16,
  /** The engine failed in a way that it should not be able to. */
  jobFailed: 17,
} as const;

export interface Frame {
  readonly job: number;
  readonly type: number;
  readonly payload: Uint8Array;
}

const HEAD_BYTES = 9;
/** Largest frame: code of 30 MiB, or parameters of 11 MiB, with room. */
export const FRAME_MAX_BYTES: number = 48 * 2 ** 20;

export function encodeFrame({ job, type, payload }: Frame): Uint8Array {
  return concatBytes(
    u32Bytes(HEAD_BYTES - 4 + payload.length),
    u32Bytes(job),
    new Uint8Array([type]),
    payload,
  );
}

/** Puts frames together from the pieces in which a pipe delivers them. */
export class FrameDecoder {
  #pieces: Uint8Array[] = [];
  #length = 0;

  /** True while part of a frame has arrived and the rest has not. */
  get isWithinFrame(): boolean {
    return this.#length > 0;
  }

  /** The frames that are complete with this piece. Throws `HostError` for a length out of bounds. */
  push(piece: Uint8Array): Frame[] {
    this.#pieces.push(piece);
    this.#length += piece.length;
    const frames: Frame[] = [];
    for (let frame = this.#take(); frame !== undefined; frame = this.#take()) frames.push(frame);
    return frames;
  }

  #take(): Frame | undefined {
    if (this.#length < HEAD_BYTES) return undefined;
    const first = this.#joined(HEAD_BYTES);
    const head = new DataView(first.buffer, first.byteOffset, first.length);
    const rest = head.getUint32(0, true);
    if (rest < HEAD_BYTES - 4 || rest > FRAME_MAX_BYTES)
      throw new HostError("badFrame", { message: `frame of ${rest} bytes` });
    const total = 4 + rest;
    if (this.#length < total) return undefined;
    const bytes = this.#joined(total);
    const tail = bytes.subarray(total);
    this.#pieces = tail.length === 0 ? [] : [tail];
    this.#length = tail.length;
    return {
      job: head.getUint32(4, true),
      type: head.getUint8(8),
      payload: bytes.subarray(HEAD_BYTES, total),
    };
  }

  /** The first piece, after joining as many as are needed for `length` bytes. */
  #joined(length: number): Uint8Array {
    const first = this.#pieces[0] as Uint8Array;
    if (first.length >= length) return first;
    const joined = concatBytes(...this.#pieces);
    this.#pieces = [joined];
    return joined;
  }
}
