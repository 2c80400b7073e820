/** Compiled codes that are kept for their next use: the latest used, by number and by size. */

import { LruMap } from "@parahost/base";
import type { PreparedPvf } from "./pvf.ts";

/** As many as a busy validator meets in a session. */
const CODES_MAX = 16;
/** Bytes of Wasm, instrumented; compiled they are some five times as many. */
const BYTES_MAX: number = 64 * 2 ** 20;

export class PreparedCodes {
  readonly #entries = new LruMap<string, PreparedPvf>(CODES_MAX);
  #bytes = 0;

  get size(): number {
    return this.#entries.size;
  }

  /** Of all that is kept. */
  get bytes(): number {
    return this.#bytes;
  }

  get(key: string): PreparedPvf | undefined {
    return this.#entries.get(key);
  }

  set(key: string, pvf: PreparedPvf): void {
    this.#drop(key);
    const { bytes } = pvf;
    for (const oldest of [...this.#entries.keys()]) {
      if (this.#entries.size < CODES_MAX && this.#bytes + bytes <= BYTES_MAX) break;
      this.#drop(oldest);
    }
    this.#entries.set(key, pvf);
    this.#bytes += bytes;
  }

  #drop(key: string): void {
    this.#bytes -= this.#entries.get(key)?.bytes ?? 0;
    this.#entries.delete(key);
  }
}
