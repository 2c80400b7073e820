/**
 * Looks at the frames of the multiplexer before it does. The multiplexer waits for the whole of a
 * frame however long it is said to be, takes any window and answers every ping; a peer that makes use
 * of that is cut off here. Fault catalogue, 11.2.
 */

const HEADER_BYTES = 12;
const FrameType = { data: 0, windowUpdate: 1, ping: 2, goAway: 3 } as const;
const Flag = { syn: 1 } as const;

/** Receive windows that we grant grow to this. */
export const WINDOW_BYTES_MAX: number = 4 * 1024 * 1024;
/** Nobody grants a window of more at a time. */
const WINDOW_UPDATE_MAX = 0x3fff_ffff;
/** Streams that may be opened at once, and how many more a second. */
const STREAMS_AT_ONCE = 2_048;
const STREAMS_PER_SECOND = 512;
const PINGS_AT_ONCE = 32;
const PINGS_PER_SECOND = 2;

/** What refills at a steady rate. */
class Allowance {
  readonly #most: number;
  readonly #perSecond: number;
  #left: number;
  #at: number;

  constructor(most: number, perSecond: number, now: number) {
    this.#most = most;
    this.#perSecond = perSecond;
    this.#left = most;
    this.#at = now;
  }

  take(now: number): boolean {
    const seconds = Math.max(0, now - this.#at) / 1000;
    this.#left = Math.min(this.#most, this.#left + seconds * this.#perSecond);
    this.#at = now;
    if (this.#left < 1) return false;
    this.#left -= 1;
    return true;
  }
}

/** Follows the frames of one direction of one connection. */
export class FrameGuard {
  /** Lowest bit of the stream ids that the other side may choose. */
  readonly #theirs: number;
  readonly #streams: Allowance;
  readonly #pings: Allowance;
  readonly #header = new Uint8Array(HEADER_BYTES);
  readonly #view = new DataView(this.#header.buffer);
  #headerBytes = 0;
  /** What is left of the present frame's body. */
  #bodyBytes = 0;
  #highestTheirs = 0;

  /** `theyDialled`: whether the other side opened the connection. */
  constructor(theyDialled: boolean, now: number) {
    this.#theirs = theyDialled ? 1 : 0;
    this.#streams = new Allowance(STREAMS_AT_ONCE, STREAMS_PER_SECOND, now);
    this.#pings = new Allowance(PINGS_AT_ONCE, PINGS_PER_SECOND, now);
  }

  /** What is wrong with the bytes that arrived at `now`, if anything is. */
  check(chunk: Uint8Array, now: number): string | undefined {
    let at = 0;
    while (at < chunk.length) {
      if (this.#bodyBytes > 0) {
        const skipped = Math.min(this.#bodyBytes, chunk.length - at);
        this.#bodyBytes -= skipped;
        at += skipped;
        continue;
      }
      const piece = chunk.subarray(at, at + HEADER_BYTES - this.#headerBytes);
      this.#header.set(piece, this.#headerBytes);
      this.#headerBytes += piece.length;
      at += piece.length;
      if (this.#headerBytes < HEADER_BYTES) return undefined;
      this.#headerBytes = 0;
      const wrong = this.#checkHeader(now);
      if (wrong !== undefined) return wrong;
    }
    return undefined;
  }

  #checkHeader(now: number): string | undefined {
    const version = this.#view.getUint8(0);
    const type = this.#view.getUint8(1);
    const flags = this.#view.getUint16(2);
    const stream = this.#view.getUint32(4);
    const length = this.#view.getUint32(8);
    if (version !== 0) return `frame of version ${version}`;
    switch (type) {
      case FrameType.data:
        if (length > WINDOW_BYTES_MAX) return `frame of ${length} bytes`;
        this.#bodyBytes = length;
        return this.#checkStream(stream, flags, now);
      case FrameType.windowUpdate:
        if (length > WINDOW_UPDATE_MAX) return `window update of ${length}`;
        return this.#checkStream(stream, flags, now);
      case FrameType.ping:
        if ((flags & Flag.syn) !== 0 && !this.#pings.take(now)) return "too many pings";
        return undefined;
      case FrameType.goAway:
        return undefined;
      default:
        return `frame of type ${type}`;
    }
  }

  #checkStream(stream: number, flags: number, now: number): string | undefined {
    if (stream === 0) return "data for no stream";
    const isTheirs = (stream & 1) === this.#theirs;
    if ((flags & Flag.syn) === 0)
      return isTheirs && stream > this.#highestTheirs
        ? "frame for a stream never opened"
        : undefined;
    if (!isTheirs) return "stream opened with an id of ours";
    if (!this.#streams.take(now)) return "too many streams opened";
    this.#highestTheirs = Math.max(this.#highestTheirs, stream);
    return undefined;
  }
}
