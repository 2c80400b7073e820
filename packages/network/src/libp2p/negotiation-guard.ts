/**
 * Reads along while a protocol is being agreed on. The library looks for the end of a length in all
 * that has arrived, byte by byte and from the start each time, and answers as many proposals as come;
 * with a few kilobytes a stranger could keep it busy for seconds. Fault catalogue, 11.2.
 */
import type { MessageStream, StreamMessageEvent } from "@libp2p/interface";

/** Longest proposal; its length then has at most two bytes. */
const LINE_BYTES_MAX = 1_024;
const LINE_LENGTH_BYTES_MAX = 2;
/** Proposals and answers before there must be agreement. */
const LINES_MAX = 16;
const HEADER = "/multistream/1.0.0";
/** Protocols of the library whose frames it reads in the same way. */
const FRAMED = new Set(["/ipfs/id/1.0.0", "/ipfs/id/push/1.0.0"]);
const FRAME_LENGTH_BYTES_MAX = 4;

export class NegotiationGuard {
  readonly #isFinal: (protocol: string) => boolean;
  #state: "lineLength" | "line" | "frameLength" | "done" = "lineLength";
  #length = 0;
  #lengthBytes = 0;
  #line: number[] = [];
  #lines = 0;

  /** `isFinal` says whether a protocol, once named by the other side, is what both will speak. */
  constructor(isFinal: (protocol: string) => boolean) {
    this.#isFinal = isFinal;
  }

  /** Whether the rest is no negotiation any more. */
  get isDone(): boolean {
    return this.#state === "done";
  }

  /** What is wrong with the bytes that arrived, if anything is. */
  check(chunk: Uint8Array): string | undefined {
    for (const byte of chunk) {
      if (this.#state === "done") return undefined;
      const wrong = this.#state === "line" ? this.#onLineByte(byte) : this.#onLengthByte(byte);
      if (wrong !== undefined) return wrong;
    }
    return undefined;
  }

  #onLengthByte(byte: number): string | undefined {
    const isLine = this.#state === "lineLength";
    this.#length += (byte & 0x7f) * 2 ** (7 * this.#lengthBytes);
    this.#lengthBytes += 1;
    if (byte >= 0x80)
      return this.#lengthBytes < (isLine ? LINE_LENGTH_BYTES_MAX : FRAME_LENGTH_BYTES_MAX)
        ? undefined
        : "a length without end";
    this.#lengthBytes = 0;
    if (!isLine) {
      this.#state = "done";
      return undefined;
    }
    if (this.#length === 0 || this.#length > LINE_BYTES_MAX)
      return `a line of ${this.#length} bytes`;
    this.#state = "line";
    return undefined;
  }

  #onLineByte(byte: number): string | undefined {
    this.#line.push(byte);
    if (this.#line.length < this.#length) return undefined;
    const protocol = String.fromCharCode(...this.#line).trimEnd();
    this.#line = [];
    this.#length = 0;
    this.#lines += 1;
    if (this.#lines > LINES_MAX) return "no agreement on a protocol";
    this.#state = "lineLength";
    if (protocol !== HEADER && this.#isFinal(protocol))
      this.#state = FRAMED.has(protocol) ? "frameLength" : "done";
    return undefined;
  }
}

/** Puts a guard in front of those who will negotiate on the stream; it is cut when it misbehaves. */
export function guardNegotiation(
  stream: MessageStream,
  isFinal: (protocol: string) => boolean,
  onViolation: (what: string) => void,
): void {
  const guard = new NegotiationGuard(isFinal);
  const onMessage = (event: StreamMessageEvent): void => {
    if (stream.listenerCount("message") === 1) {
      // Nobody negotiates yet: what is not heard now would be lost.
      stream.unshift(event.data);
      return;
    }
    for (const chunk of event.data instanceof Uint8Array ? [event.data] : event.data) {
      const wrong = guard.check(chunk);
      if (wrong === undefined) continue;
      event.stopImmediatePropagation();
      onViolation(wrong);
      stream.abort(new Error(wrong));
      return;
    }
    if (guard.isDone) stream.removeEventListener("message", onMessage);
  };
  stream.addEventListener("message", onMessage);
}
