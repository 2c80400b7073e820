/** Lists: `vec` behind a count, `array` of fixed length. */
import { AssertionError } from "@parahost/base";
import type { Codec } from "./codec.ts";
import { COUNT_MAX } from "./reader.ts";
import { specialize } from "./specialize.ts";

/** Items behind their count, `countMax` of them at most. */
export function vec<T>(codec: Codec<T>, countMax = COUNT_MAX): Codec<readonly T[]> {
  const scope = { codec };
  return {
    sizeMin: 1,
    type: { kind: "sequence", of: codec.type },
    // The list grows with what was read: a claimed count alone allocates nothing.
    read: specialize(
      `(r) => {
        const count = r.count(${codec.sizeMin}, ${countMax});
        r.enter();
        const items = [];
        for (let i = 0; i < count; i++) items.push(codec.read(r));
        r.leave();
        return items;
      }`,
      scope,
    ),
    write: specialize(
      `(w, v) => {
        w.compactU32(v.length);
        for (let i = 0; i < v.length; i++) codec.write(w, v[i]);
      }`,
      scope,
    ),
  };
}

/** Exactly `length` items without a count. */
export function array<T>(codec: Codec<T>, length: number): Codec<readonly T[]> {
  const scope = { codec, wrongLength };
  return {
    sizeMin: codec.sizeMin * length,
    type: { kind: "array", of: codec.type, length },
    read: specialize(
      `(r) => {
        const items = [];
        for (let i = 0; i < ${length}; i++) items.push(codec.read(r));
        return items;
      }`,
      scope,
    ),
    write: specialize(
      `(w, v) => {
        if (v.length !== ${length}) wrongLength(v.length, ${length});
        for (let i = 0; i < ${length}; i++) codec.write(w, v[i]);
      }`,
      scope,
    ),
  };
}

function wrongLength(length: number, wanted: number): never {
  throw new AssertionError(`${length} items in an array of ${wanted}`);
}
