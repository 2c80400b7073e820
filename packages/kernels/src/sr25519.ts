/**
 * The kernel under sr25519: Ristretto255, Keccak, and signatures checked one by one or in batches.
 *
 * There are two builds of one source. The fast one multiplies with relaxed fused multiply-add, and is taken
 * where the machine fuses, which is asked at the start; the portable one needs no more than WebAssembly SIMD. Both
 * are exact, so both give the same answers and the same bytes.
 */
import { assert, type Hex } from "@parahost/base";
import { KeyTable } from "./key-table.ts";
import { kernelCode } from "./load.ts";

/** A point of the group in the kernel's own form; made by the kernel only, equal points may differ in it. */
export type Point = Uint8Array & { readonly __point: never };

export interface Claim {
  readonly publicKey: Hex;
  readonly message: Uint8Array;
  readonly signature: Uint8Array;
}

/** That the output is the value of the key's random function at the input. */
export interface VrfClaim {
  readonly publicKey: Hex;
  /** Transcript that the input is drawn from: 200 bytes of state, position and operation's start as u32. */
  readonly input: Uint8Array;
  /** Transcript that the proof is in. */
  readonly proving: Uint8Array;
  /** 32 bytes. */
  readonly output: Uint8Array;
  /** Challenge and response, 32 bytes each. */
  readonly proof: Uint8Array;
}

const POINT_BYTES = 160;
const SIGNATURE_BYTES = 64;
const OUTPUT_BYTES = 32;
const PROOF_BYTES = 64;
const TRANSCRIPT_BYTES = 208;
const PAGE_BYTES = 65_536;

type Build = "fused" | "portable";

/** Addresses are offsets in `memory`. */
interface Exports {
  readonly memory: WebAssembly.Memory;
  readonly POINTS: WebAssembly.Global<"i32">;
  readonly BYTES: WebAssembly.Global<"i32">;
  readonly INPUT: WebAssembly.Global<"i32">;
  readonly BATCH_MAX: WebAssembly.Global<"i32">;
  readonly KEYS_MAX: WebAssembly.Global<"i32">;
  readonly VRF_BATCH_MAX: WebAssembly.Global<"i32">;
  readonly VRF_KEYS_MAX: WebAssembly.Global<"i32">;
  isFused(): number;
  keccakF1600(state: number): void;
  decodePoints(first: number, second: number, firstBytes: number, secondBytes: number): number;
  encodePoints(firstBytes: number, secondBytes: number, first: number, second: number): void;
  pointFromUniform(out: number, bytes: number): void;
  addPoints(out: number, p: number, q: number): void;
  isIdentity(p: number): number;
  multiplySecret(out: number, p: number, scalar: number): void;
  multiplyBaseSecret(out: number, scalar: number): void;
  sumOfMultiples(out: number, s: number, p: number, t: number, q: number): void;
  sumWithBase(out: number, s: number, t: number, q: number): void;
  keyAddress(index: number): number;
  keyPoint(index: number): number;
  decodeKeys(first: number, second: number): number;
  setClaim(index: number, key: number, messageLength: number): void;
  isTrue(index: number): number;
  decide(count: number): void;
  verdict(index: number): number;
  failedSums(): number;
  vrfKey(index: number): number;
  decodeVrfKeys(first: number, second: number): number;
  vrfClaim(index: number, key: number): number;
  decideVrfs(count: number): void;
  vrfVerdict(index: number): number;
  vrfInput(index: number): number;
}

const instantiate = (code: Uint8Array<ArrayBuffer>): Exports =>
  new WebAssembly.Instance(new WebAssembly.Module(code)).exports as unknown as Exports;

function load(build: Build | undefined): readonly [Build, Exports] {
  if (build !== "portable") {
    const code = kernelCode("sr25519-fused");
    const fused = WebAssembly.validate(code) ? instantiate(code) : undefined;
    if (fused?.isFused() === 1) return ["fused", fused];
    assert(build === undefined, "this machine does not fuse multiply-add");
  }
  return ["portable", instantiate(kernelCode("sr25519-portable"))];
}

export class Sr25519Kernel {
  readonly build: Build;
  readonly #kernel: Exports;
  #memory: Uint8Array;
  readonly #points: number;
  readonly #bytes: number;
  readonly #input: number;
  readonly #batchMax: number;
  readonly #keys: KeyTable;
  readonly #vrfBatchMax: number;
  readonly #vrfKeys: KeyTable;

  /** The build that this machine runs best, unless one is named. */
  constructor(build?: Build) {
    [this.build, this.#kernel] = load(build);
    this.#memory = new Uint8Array(this.#kernel.memory.buffer);
    this.#points = this.#kernel.POINTS.value;
    this.#bytes = this.#kernel.BYTES.value;
    this.#input = this.#kernel.INPUT.value;
    this.#batchMax = this.#kernel.BATCH_MAX.value;
    const { KEYS_MAX, VRF_BATCH_MAX, VRF_KEYS_MAX } = this.#kernel;
    this.#keys = new KeyTable({
      count: KEYS_MAX.value,
      write: (place, key) => this.#memory.set(key, this.#kernel.keyAddress(place)),
      decode: (first, second) => this.#kernel.decodeKeys(first, second),
    });
    this.#vrfBatchMax = VRF_BATCH_MAX.value;
    this.#vrfKeys = new KeyTable({
      count: VRF_KEYS_MAX.value,
      write: (place, key) => this.#memory.set(key, this.#kernel.vrfKey(place)),
      decode: (first, second) => this.#kernel.decodeVrfKeys(first, second),
    });
  }

  /** Permutes the 200 bytes of a Keccak state. */
  keccakF1600(state: Uint8Array): void {
    const at = this.#bytes;
    this.#memory.set(state, at);
    this.#kernel.keccakF1600(at);
    state.set(this.#memory.subarray(at, at + 200));
  }

  // Points

  /** The point that 32 bytes encode, or `undefined` when they are not the encoding of one. */
  decodePoint(bytes: Uint8Array): Point | undefined {
    if (bytes.length !== 32) return undefined;
    const at = this.#writeBytes(0, bytes);
    const out = this.#pointAt(0);
    return (this.#kernel.decodePoints(out, out, at, at) & 1) === 1 ? this.#readPoint(0) : undefined;
  }

  /** The 32 bytes of a point's one encoding. */
  encodePoint(point: Point): Uint8Array {
    const p = this.#writePoint(0, point);
    this.#kernel.encodePoints(this.#bytes, this.#bytes, p, p);
    return this.#readBytes(0, 32);
  }

  /** As `encodePoint` of two, at the price of one. */
  encodePoints(first: Point, second: Point): readonly [Uint8Array, Uint8Array] {
    const [p, q] = [this.#writePoint(0, first), this.#writePoint(1, second)];
    this.#kernel.encodePoints(this.#bytes, this.#bytes + 32, p, q);
    return [this.#readBytes(0, 32), this.#readBytes(32, 32)];
  }

  /** Maps 64 uniform bytes to a point whose discrete logarithm nobody knows. */
  pointFromUniform(bytes: Uint8Array): Point {
    assert(bytes.length === 64, `64 uniform bytes make a point, not ${bytes.length}`);
    this.#kernel.pointFromUniform(this.#pointAt(0), this.#writeBytes(0, bytes));
    return this.#readPoint(0);
  }

  addPoints(first: Point, second: Point): Point {
    const [p, q] = [this.#writePoint(0, first), this.#writePoint(1, second)];
    this.#kernel.addPoints(p, p, q);
    return this.#readPoint(0);
  }

  isIdentity(point: Point): boolean {
    return this.#kernel.isIdentity(this.#writePoint(0, point)) === 1;
  }

  // Multiples. Scalars are 32 canonical little-endian bytes.

  /** `scalar`·`point`; neither time nor memory accesses depend on the scalar. */
  multiplySecret(point: Point, scalar: Uint8Array): Point {
    const p = this.#writePoint(0, point);
    this.#kernel.multiplySecret(p, p, this.#writeScalar(0, scalar));
    return this.#readPoint(0);
  }

  /** `scalar`·B, B being the base point; for secrets too. */
  multiplyBaseSecret(scalar: Uint8Array): Point {
    this.#kernel.multiplyBaseSecret(this.#pointAt(0), this.#writeScalar(0, scalar));
    return this.#readPoint(0);
  }

  /** `s`·`p` + `t`·`q`. Its time depends on the scalars, as that of all sums. */
  sumOfMultiples(s: Uint8Array, p: Point, t: Uint8Array, q: Point): Point {
    this.#kernel.sumOfMultiples(
      this.#pointAt(2),
      this.#writeScalar(0, s),
      this.#writePoint(0, p),
      this.#writeScalar(1, t),
      this.#writePoint(1, q),
    );
    return this.#readPoint(2);
  }

  /** `s`·B + `t`·`q`. */
  sumWithBase(s: Uint8Array, t: Uint8Array, q: Point): Point {
    this.#kernel.sumWithBase(
      this.#pointAt(1),
      this.#writeScalar(0, s),
      this.#writeScalar(1, t),
      this.#writePoint(0, q),
    );
    return this.#readPoint(1);
  }

  // Signatures

  /** The point of a public key, or `undefined` for what is no encoding or that of the identity. */
  publicKeyPoint(publicKey: Hex): Point | undefined {
    const key = this.#keys.placeOf(publicKey);
    if (key === undefined) return undefined;
    const at = this.#kernel.keyPoint(key);
    return this.#memory.slice(at, at + POINT_BYTES) as Point;
  }

  /**
   * Whether the claim is true: schnorrkel's verification in the context `substrate`, except that the
   * identity is no public key.
   */
  verify(claim: Claim): boolean {
    return this.#writeClaim(0, claim) && this.#kernel.isTrue(0) === 1;
  }

  /** Of each claim whether it is true, as `verify` says, at a third of the price when most are. */
  verifyAll(claims: readonly Claim[]): boolean[] {
    const answers: boolean[] = [];
    for (let start = 0; start < claims.length; start += this.#batchMax)
      this.#verifyBatch(claims.slice(start, start + this.#batchMax), answers);
    return answers;
  }

  /** Sums that the last batch was split after: none when all its claims were true. */
  get failedSums(): number {
    return this.#kernel.failedSums();
  }

  #verifyBatch(claims: readonly Claim[], answers: boolean[]): void {
    this.#keys.prepare(claims.map(({ publicKey }) => publicKey));
    let count = 0;
    const numbers = claims.map((claim) => (this.#writeClaim(count, claim) ? count++ : undefined));
    this.#kernel.decide(count);
    for (const number of numbers)
      answers.push(number !== undefined && this.#kernel.verdict(number) === 1);
  }

  /** Puts a claim into the batch, or returns false when its form alone makes it false. */
  #writeClaim(number: number, { publicKey, message, signature }: Claim): boolean {
    if (signature.length !== SIGNATURE_BYTES) return false;
    const key = this.#keys.placeOf(publicKey);
    if (key === undefined) return false;
    const at = this.#input + SIGNATURE_BYTES;
    this.#makeRoom(at + message.length);
    this.#memory.set(signature, this.#input);
    this.#memory.set(message, at);
    this.#kernel.setClaim(number, key, message.length);
    return true;
  }

  /** Lets the memory reach to `end`: it grows for the longest message there is, once. */
  #makeRoom(end: number): void {
    const missing = end - this.#memory.length;
    if (missing <= 0) return;
    this.#kernel.memory.grow(Math.ceil(missing / PAGE_BYTES));
    this.#memory = new Uint8Array(this.#kernel.memory.buffer);
  }

  // Verifiable randomness

  /** Of each claim the encoded input if it is true, as schnorrkel says, except that the identity is no key. */
  verifyVrfs(claims: readonly VrfClaim[]): (Uint8Array | undefined)[] {
    const answers: (Uint8Array | undefined)[] = [];
    for (let start = 0; start < claims.length; start += this.#vrfBatchMax)
      this.#verifyVrfBatch(claims.slice(start, start + this.#vrfBatchMax), answers);
    return answers;
  }

  #verifyVrfBatch(claims: readonly VrfClaim[], answers: (Uint8Array | undefined)[]): void {
    this.#vrfKeys.prepare(claims.map(({ publicKey }) => publicKey));
    let count = 0;
    const numbers = claims.map((claim) => (this.#writeVrf(count, claim) ? count++ : undefined));
    this.#kernel.decideVrfs(count);
    for (const number of numbers) {
      const isTrue = number !== undefined && this.#kernel.vrfVerdict(number) === 1;
      const at = isTrue ? this.#kernel.vrfInput(number) : 0;
      answers.push(isTrue ? this.#memory.slice(at, at + 32) : undefined);
    }
  }

  /** Puts a claim into the batch, or returns false when its form alone makes it false. */
  #writeVrf(number: number, { publicKey, input, proving, output, proof }: VrfClaim): boolean {
    if (output.length !== OUTPUT_BYTES || proof.length !== PROOF_BYTES) return false;
    const key = this.#vrfKeys.placeOf(publicKey);
    if (key === undefined) return false;
    const at = this.#kernel.vrfClaim(number, key);
    const transcripts = at + OUTPUT_BYTES + PROOF_BYTES;
    this.#memory.set(output, at);
    this.#memory.set(proof, at + OUTPUT_BYTES);
    this.#memory.set(input, transcripts);
    this.#memory.set(proving, transcripts + TRANSCRIPT_BYTES);
    return true;
  }

  // Arguments and results

  #pointAt(number: number): number {
    return this.#points + number * POINT_BYTES;
  }

  #writePoint(number: number, point: Point): number {
    const at = this.#pointAt(number);
    this.#memory.set(point, at);
    return at;
  }

  #readPoint(number: number): Point {
    const at = this.#pointAt(number);
    return this.#memory.slice(at, at + POINT_BYTES) as Point;
  }

  #writeBytes(offset: number, bytes: Uint8Array): number {
    this.#memory.set(bytes, this.#bytes + offset);
    return this.#bytes + offset;
  }

  #writeScalar(number: number, scalar: Uint8Array): number {
    assert(scalar.length === 32, `a scalar has 32 bytes, not ${scalar.length}`);
    return this.#writeBytes(32 * number, scalar);
  }

  #readBytes(offset: number, length: number): Uint8Array {
    return this.#memory.slice(this.#bytes + offset, this.#bytes + offset + length);
  }
}
