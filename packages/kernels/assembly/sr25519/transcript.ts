/**
 * Merlin transcripts over STROBE-128, of which they need AD, meta-AD and PRF. A transcript is 208 bytes: the
 * state of Keccak, then the position in it and where the current operation started, as u32.
 *
 * Specifications: merlin.cool (framing), strobe.sourceforge.io/specs v1.0.2 (sections 6 and 7).
 */
import { keccakF1600 } from "./keccak";

/** Bytes of a transcript. */
export const TRANSCRIPT: usize = 208;

const POSITION: usize = 200;
const START: usize = 204;
/** Bytes of the state that operations may touch: 1600/8 - 2·128/8, less two of STROBE's framing. */
const RATE: u32 = 166;

const HEADER = memory.data<u8>([1, 168, 1, 0, 1, 96]);

const META_AD: u8 = 16 | 2;
const AD: u8 = 2;
const PRF: u8 = 1 | 2 | 4;

const TEXT = memory.data(64, 16);

/** Copies an ASCII text of at most 64 characters to where `TEXT` is, and returns its length. */
function spell(text: string): usize {
  for (let i = 0; i < text.length; i++) store<u8>(TEXT + i, text.charCodeAt(i) as u8);
  return text.length;
}

/** Starts a transcript of the protocol named `label`. */
export function begin(t: usize, label: string): void {
  memory.fill(t, 0, TRANSCRIPT);
  memory.copy(t, HEADER, 6);
  memory.copy(t + 6, TEXT, spell("STROBEv1.0.2"));
  keccakF1600(t);
  operate(t, META_AD);
  absorb(t, TEXT, spell("Merlin v1.0"));
  appendText(t, "dom-sep", label);
}

/** Adds a message under a label. */
export function append(t: usize, label: string, bytes: usize, length: usize): void {
  beginMessage(t, label, length);
  absorb(t, bytes, length);
}

/** A message of `length` bytes follows, in pieces that are absorbed. */
export function beginMessage(t: usize, label: string, length: usize): void {
  frame(t, label, length);
  operate(t, AD);
}

export function appendText(t: usize, label: string, text: string): void {
  beginMessage(t, label, text.length);
  absorb(t, TEXT, spell(text));
}

/** Draws bytes that depend on everything said so far. */
export function challenge(t: usize, label: string, out: usize, length: usize): void {
  beginChallenge(t, label, length);
  squeeze(t, out, length);
}

/** A challenge of `length` bytes follows, in pieces that are squeezed out. */
export function beginChallenge(t: usize, label: string, length: usize): void {
  frame(t, label, length);
  operate(t, PRF);
  if (load<u32>(t, POSITION) != 0) permute(t);
}

export function squeeze(t: usize, out: usize, length: usize): void {
  for (let i: usize = 0; i < length; i++) {
    const position = load<u32>(t, POSITION);
    store<u8>(out + i, load<u8>(t + position));
    store<u8>(t + position, 0);
    advance(t, position + 1);
  }
}

/** Merlin's framing: the label, then the length of what follows, in one meta-AD. */
function frame(t: usize, label: string, length: usize): void {
  operate(t, META_AD);
  const end = spell(label);
  store<u32>(TEXT + end, length);
  absorb(t, TEXT, end + 4);
}

/** STROBE's framing: where the previous operation started, and which this one is. */
function operate(t: usize, flags: u8): void {
  const previous = load<u32>(t, START);
  store<u32>(t, load<u32>(t, POSITION) + 1, START);
  absorbByte(t, previous as u8);
  absorbByte(t, flags);
}

function absorbByte(t: usize, byte: u8): void {
  const position = load<u32>(t, POSITION);
  store<u8>(t + position, load<u8>(t + position) ^ byte);
  advance(t, position + 1);
}

export function absorb(t: usize, bytes: usize, length: usize): void {
  let position = load<u32>(t, POSITION);
  const end = bytes + length;
  while (bytes < end) {
    if (position + 8 < RATE && bytes + 8 <= end) {
      store<u64>(t + position, load<u64>(t + position) ^ load<u64>(bytes));
      position += 8;
      bytes += 8;
    } else {
      store<u8>(t + position, load<u8>(t + position) ^ load<u8>(bytes));
      advance(t, position + 1);
      position = load<u32>(t, POSITION);
      bytes += 1;
    }
  }
  store<u32>(t, position, POSITION);
}

function advance(t: usize, position: u32): void {
  store<u32>(t, position, POSITION);
  if (position == RATE) permute(t);
}

function permute(t: usize): void {
  const position = load<u32>(t, POSITION);
  store<u8>(t + position, load<u8>(t + position) ^ (load<u32>(t, START) as u8));
  store<u8>(t + position, load<u8>(t + position, 1) ^ 0x04, 1);
  store<u8>(t, load<u8>(t, RATE + 1) ^ 0x80, RATE + 1);
  keccakF1600(t);
  store<u32>(t, 0, POSITION);
  store<u32>(t, 0, START);
}
