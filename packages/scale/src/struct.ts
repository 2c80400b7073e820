/** Structs and tuples: their fields one after the other, without padding. */
import { AssertionError, assert } from "@parahost/base";
import type { AnyCodec, Codec, ValueOf } from "./codec.ts";
import { compareBy } from "./compare.ts";
import { literal, specialize } from "./specialize.ts";
import type { FieldDescription } from "./type-description.ts";

/** Wire name of a field: metadata speaks snake case. */
function snakeCase(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}

/** Field codecs under the names `c0`, `c1`, … that generated code knows them by. */
function scopeOf(codecs: readonly AnyCodec[]): Record<string, unknown> {
  return Object.fromEntries(codecs.map((codec, i) => [`c${i}`, codec]));
}

/** The fewest bytes of all fields together. */
function sizeMinOf(codecs: readonly AnyCodec[]): number {
  return codecs.reduce((sum, codec) => sum + codec.sizeMin, 0);
}

/** Value of a struct, from the codecs of its fields. */
export type StructValue<F extends Readonly<Record<string, AnyCodec>>> = {
  readonly [K in keyof F]: ValueOf<F[K]>;
};

/** Fields in declared order. `path` is the type's name in metadata. */
export function struct<const F extends Readonly<Record<string, AnyCodec>>>(
  fields: F,
  path?: readonly string[],
): Codec<StructValue<F>> {
  const names = Object.keys(fields);
  const codecs = names.map((name) => fields[name] as AnyCodec);
  const described: FieldDescription[] = names.map((name, i) => ({
    name: snakeCase(name),
    type: (codecs[i] as AnyCodec).type,
  }));
  const scope = scopeOf(codecs);
  const reads = names.map((name, i) => `${literal(name)}: c${i}.read(r)`);
  const writes = names.map((name, i) => `c${i}.write(w, v[${literal(name)}]);`);
  return {
    sizeMin: sizeMinOf(codecs),
    type: { kind: "composite", fields: described, ...(path === undefined ? {} : { path }) },
    read: specialize(`(r) => ({ ${reads.join(", ")} })`, scope),
    write: specialize(`(w, v) => { ${writes.join(" ")} }`, scope),
    compare: (a, b) => compareFields(codecs, names, a, b),
  };
}

/** Value of a tuple, from the codecs of its items. */
export type TupleValue<C extends readonly AnyCodec[]> = {
  readonly [I in keyof C]: ValueOf<C[I]>;
};

/** Items of fixed number and types, as an array. */
export function tuple<const C extends readonly AnyCodec[]>(...codecs: C): Codec<TupleValue<C>> {
  const scope = { ...scopeOf(codecs), wrongLength };
  const positions = codecs.map((_, i) => i);
  const reads = positions.map((i) => `c${i}.read(r)`);
  const writes = positions.map((i) => `c${i}.write(w, v[${i}]);`);
  const check = `if (v.length !== ${codecs.length}) wrongLength(v.length, ${codecs.length});`;
  return {
    sizeMin: sizeMinOf(codecs),
    type: { kind: "tuple", items: codecs.map((codec) => codec.type) },
    read: specialize(`(r) => [${reads.join(", ")}]`, scope),
    write: specialize(`(w, v) => { ${check} ${writes.join(" ")} }`, scope),
    compare: (a, b) => compareFields(codecs, positions, a, b),
  };
}

function wrongLength(length: number, wanted: number): never {
  throw new AssertionError(`${length} items in a tuple of ${wanted}`);
}

function compareFields(
  codecs: readonly AnyCodec[],
  keys: readonly (string | number)[],
  a: object,
  b: object,
): number {
  for (const [i, key] of keys.entries()) {
    const order = compareBy(
      codecs[i] as AnyCodec,
      (a as Record<string | number, unknown>)[key],
      (b as Record<string | number, unknown>)[key],
    );
    if (order !== 0) return order;
  }
  return 0;
}

/**
 * A struct whose fields have names in code only: metadata and clients know them by position, as the
 * fields of Polkadot's tuple structs and tuple variants.
 */
export function positional<T>(codec: Codec<T>, path?: readonly string[]): Codec<T> {
  assert(codec.type.kind === "composite", "only a struct has fields to take the names from");
  const fields = codec.type.fields.map(({ type }) => ({ type }));
  return {
    ...codec,
    type:
      path === undefined
        ? { kind: "tuple", items: fields.map(({ type }) => type) }
        : { kind: "composite", path, fields },
  };
}
