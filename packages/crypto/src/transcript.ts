/**
 * Merlin transcripts: what prover and verifier have said so far, as one running state, out of which
 * challenges are drawn. Merlin frames every message with its label and length, and keeps the state in
 * STROBE-128, of which it needs only the operations AD, meta-AD and PRF.
 *
 * Specifications: merlin.cool (framing), strobe.sourceforge.io/specs v1.0.2 (sections 6 and 7).
 * Reference: consensus-and-sync.md 3.4.
 */
import { asciiBytes, assert } from "@parahost/base";
import { kernel } from "./kernel.ts";

/** Bytes of the state that operations may touch: 1600 / 8 − 2·128 / 8, less two of STROBE's framing. */
const RATE = 166;

/** Operation flags: inbound, application, cipher, meta. */
const I = 1;
const A = 2;
const C = 4;
const M = 16;
const META_AD = M | A;
const AD = A;
const PRF = I | A | C;

/** STROBE's state before the first operation, the same for every transcript. */
const STATE_BYTES = 200;
const INITIAL_STATE = new Uint8Array(STATE_BYTES);
INITIAL_STATE.set([1, RATE + 2, 1, 0, 1, 96]);
INITIAL_STATE.set(asciiBytes("STROBEv1.0.2"), 6);
kernel.keccakF1600(INITIAL_STATE);

export class Transcript {
  readonly #bytes: Uint8Array;
  #position = 0;
  #operationStart = 0;

  /** Starts a transcript of the protocol named `label`, or goes on where another is. */
  constructor(start: string | Transcript) {
    if (typeof start !== "string") {
      this.#bytes = start.#bytes.slice();
      this.#position = start.#position;
      this.#operationStart = start.#operationStart;
      return;
    }
    this.#bytes = INITIAL_STATE.slice();
    this.#begin(META_AD);
    this.#absorbText("Merlin v1.0");
    this.appendMessage("dom-sep", asciiBytes(start));
  }

  /** Adds a message under an ASCII label. */
  appendMessage(label: string, message: Uint8Array): void {
    this.#frame(label, message.length);
    this.#begin(AD);
    for (let i = 0; i < message.length; i++) this.#absorbByte(message[i] as number);
  }

  /** Adds a number as eight little-endian bytes. */
  appendU64(label: string, value: bigint | number): void {
    const wide = BigInt(value);
    assert(wide >= 0n && wide < 1n << 64n, `not a u64: ${wide}`);
    this.#frame(label, 8);
    this.#begin(AD);
    for (let shift = 0n; shift < 64n; shift += 8n) this.#absorbByte(Number((wide >> shift) & 255n));
  }

  /** Draws `length` bytes that depend on everything said so far; the drawing itself is remembered. */
  challengeBytes(label: string, length: number): Uint8Array {
    this.#frame(label, length);
    this.#begin(PRF);
    if (this.#position !== 0) this.#permute();
    const drawn = new Uint8Array(length);
    for (let i = 0; i < length; i++) {
      drawn[i] = this.#bytes[this.#position] as number;
      this.#bytes[this.#position] = 0;
      this.#advance();
    }
    return drawn;
  }

  /** An independent transcript that has heard the same so far. */
  clone(): Transcript {
    return new Transcript(this);
  }

  /** As the kernel keeps it, to go on from here: the state, then position and operation's start as u32. */
  state(): Uint8Array {
    const state = new Uint8Array(STATE_BYTES + 8);
    state.set(this.#bytes);
    state[STATE_BYTES] = this.#position;
    state[STATE_BYTES + 4] = this.#operationStart;
    return state;
  }

  /** Merlin's framing: the label, then the length of what follows as u32, in one meta-AD. */
  #frame(label: string, length: number): void {
    this.#begin(META_AD);
    this.#absorbText(label);
    for (let shift = 0; shift < 32; shift += 8) this.#absorbByte((length >>> shift) & 255);
  }

  /** STROBE's framing: where the previous operation started, and which this one is. */
  #begin(flags: number): void {
    const previousStart = this.#operationStart;
    this.#operationStart = this.#position + 1;
    this.#absorbByte(previousStart);
    this.#absorbByte(flags);
  }

  #absorbText(text: string): void {
    for (let i = 0; i < text.length; i++) {
      const code = text.charCodeAt(i);
      assert(code < 128, `not ASCII at ${i}`);
      this.#absorbByte(code);
    }
  }

  #absorbByte(byte: number): void {
    this.#bytes[this.#position] = (this.#bytes[this.#position] as number) ^ byte;
    this.#advance();
  }

  #advance(): void {
    this.#position += 1;
    if (this.#position === RATE) this.#permute();
  }

  #permute(): void {
    const bytes = this.#bytes;
    bytes[this.#position] = (bytes[this.#position] as number) ^ this.#operationStart;
    bytes[this.#position + 1] = (bytes[this.#position + 1] as number) ^ 0x04;
    bytes[RATE + 1] = (bytes[RATE + 1] as number) ^ 0x80;
    kernel.keccakF1600(bytes);
    this.#position = 0;
    this.#operationStart = 0;
  }
}
