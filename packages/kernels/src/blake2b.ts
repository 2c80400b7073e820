/** The kernel of BLAKE2b, the hash of nearly everything here. */
import { type Hex, hexOfRange } from "@parahost/base";
import { kernelCode } from "./load.ts";

/** Addresses are offsets in `memory`; the contract of each function is in `assembly/blake2b/index.ts`. */
interface Exports {
  readonly memory: WebAssembly.Memory;
  readonly INPUT: WebAssembly.Global<"i32">;
  readonly INPUT_MAX: WebAssembly.Global<"i32">;
  readonly DIGEST: WebAssembly.Global<"i32">;
  begin(digestLength: number): void;
  update(length: number): void;
  finish(length: number): void;
}

export class Blake2bKernel {
  readonly #kernel: Exports;
  readonly #memory: Uint8Array;
  readonly #input: number;
  readonly #inputMax: number;
  readonly #digest: number;

  constructor() {
    const module = new WebAssembly.Module(kernelCode("blake2b"));
    this.#kernel = new WebAssembly.Instance(module).exports as unknown as Exports;
    this.#memory = new Uint8Array(this.#kernel.memory.buffer);
    this.#input = this.#kernel.INPUT.value;
    this.#inputMax = this.#kernel.INPUT_MAX.value;
    this.#digest = this.#kernel.DIGEST.value;
  }

  /** The digest of `length` bytes, 1 to 64, of a message. */
  hash(message: Uint8Array, length: number): Uint8Array {
    this.#compute([message], length);
    return this.#memory.slice(this.#digest, this.#digest + length);
  }

  /** As `hash`, in hexadecimal digits. */
  hashHex(message: Uint8Array, length: number): Hex {
    this.#compute([message], length);
    return hexOfRange(this.#memory, this.#digest, this.#digest + length);
  }

  /** As `hash` of the parts laid end to end, without joining them. */
  hashParts(parts: readonly Uint8Array[], length: number): Uint8Array {
    this.#compute(parts, length);
    return this.#memory.slice(this.#digest, this.#digest + length);
  }

  #compute(parts: readonly Uint8Array[], length: number): void {
    const end = this.#input + this.#inputMax;
    let at = this.#input;
    this.#kernel.begin(length);
    for (const part of parts) {
      let rest = part;
      // Only when more follows: the last block is the one that `finish` gets.
      while (rest.length > end - at) {
        this.#memory.set(rest.subarray(0, end - at), at);
        this.#kernel.update(this.#inputMax);
        rest = rest.subarray(end - at);
        at = this.#input;
      }
      this.#memory.set(rest, at);
      at += rest.length;
    }
    this.#kernel.finish(at - this.#input);
  }
}
