/** Codecs made from codecs: structs, tuples, enums, sequences, options, results, maps. */
import { assert } from "@parahost/base";
import type { Codec, ValueOf } from "./codec.ts";
import { decode, encode } from "./codec.ts";
import { DecodeError } from "./error.ts";
import type { FieldDescription, TypeDescription, VariantDescription } from "./type-description.ts";

// biome-ignore lint/suspicious/noExplicitAny: a codec is invariant in its value; only `any` holds all of them
type AnyCodec = Codec<any>;

const COUNT_MAX = 0xffff_ffff;

/** Wire name of a field: metadata speaks snake case. */
function snakeCase(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}

function pascalCase(name: string): string {
  return name.charAt(0).toUpperCase() + name.slice(1);
}

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
  // Monomorphic code per struct: property access by constant names is several times faster than a
  // loop over names, and every value of the type gets one hidden class.
  const read = new Function(
    ...names.map((_, i) => `c${i}`),
    `return (r) => ({ ${names.map((name, i) => `${JSON.stringify(name)}: c${i}.read(r)`).join(", ")} });`,
  )(...codecs) as Codec<StructValue<F>>["read"];
  const write = new Function(
    ...names.map((_, i) => `c${i}`),
    `return (w, v) => { ${names.map((name, i) => `c${i}.write(w, v[${JSON.stringify(name)}]);`).join(" ")} };`,
  )(...codecs) as Codec<StructValue<F>>["write"];
  return {
    sizeMin: codecs.reduce((sum, codec) => sum + codec.sizeMin, 0),
    type: { kind: "composite", fields: described, ...(path === undefined ? {} : { path }) },
    write,
    read,
  };
}

export type TupleValue<C extends readonly AnyCodec[]> = {
  readonly [I in keyof C]: ValueOf<C[I]>;
};

export function tuple<const C extends readonly AnyCodec[]>(...codecs: C): Codec<TupleValue<C>> {
  return {
    sizeMin: codecs.reduce((sum, codec) => sum + codec.sizeMin, 0),
    type: { kind: "tuple", items: codecs.map((codec) => codec.type) },
    write: (writer, value) => {
      const items = value as readonly unknown[];
      assert(items.length === codecs.length, `${items.length} items in a ${codecs.length}-tuple`);
      for (let i = 0; i < codecs.length; i++) (codecs[i] as AnyCodec).write(writer, items[i]);
    },
    read: (reader) => {
      const items = new Array<unknown>(codecs.length);
      for (let i = 0; i < codecs.length; i++) items[i] = (codecs[i] as AnyCodec).read(reader);
      return items as TupleValue<C>;
    },
  };
}

/** Items behind their count, `countMax` of them at most. */
export function vec<T>(codec: Codec<T>, countMax = COUNT_MAX): Codec<readonly T[]> {
  return {
    sizeMin: 1,
    type: { kind: "sequence", of: codec.type },
    write: (writer, value) => {
      writer.compactU32(value.length);
      for (const item of value) codec.write(writer, item);
    },
    read: (reader) => {
      const count = reader.count(codec.sizeMin, countMax);
      reader.enter();
      const items: T[] = [];
      for (let i = 0; i < count; i++) items.push(codec.read(reader));
      reader.leave();
      return items;
    },
  };
}

/** Exactly `length` items without a count. */
export function array<T>(codec: Codec<T>, length: number): Codec<readonly T[]> {
  return {
    sizeMin: codec.sizeMin * length,
    type: { kind: "array", of: codec.type, length },
    write: (writer, value) => {
      assert(value.length === length, `${value.length} items, wanted ${length}`);
      for (const item of value) codec.write(writer, item);
    },
    read: (reader) => {
      const items: T[] = [];
      for (let i = 0; i < length; i++) items.push(codec.read(reader));
      return items;
    },
  };
}

/** `undefined` or a value. An option of an option has no unambiguous value and is not offered. */
export function option<T>(codec: Codec<T>): Codec<T | undefined> {
  return {
    sizeMin: 1,
    type: {
      kind: "variant",
      path: ["Option"],
      params: [{ name: "T", type: codec.type }],
      variants: [
        { name: "None", index: 0, fields: [] },
        { name: "Some", index: 1, fields: [{ type: codec.type }] },
      ],
    },
    write: (writer, value) => {
      writer.u8(value === undefined ? 0 : 1);
      if (value !== undefined) codec.write(writer, value);
    },
    read: (reader) => {
      const tag = reader.u8();
      if (tag > 1) throw new DecodeError("badTag", reader.offset - 1, `${tag} is not an option`);
      return tag === 0 ? undefined : codec.read(reader);
    },
  };
}

export type ResultValue<T, E> =
  | { readonly type: "ok"; readonly value: T }
  | { readonly type: "err"; readonly value: E };

export function result<T, E>(okCodec: Codec<T>, errCodec: Codec<E>): Codec<ResultValue<T, E>> {
  return {
    sizeMin: 1 + Math.min(okCodec.sizeMin, errCodec.sizeMin),
    type: {
      kind: "variant",
      path: ["Result"],
      params: [
        { name: "T", type: okCodec.type },
        { name: "E", type: errCodec.type },
      ],
      variants: [
        { name: "Ok", index: 0, fields: [{ type: okCodec.type }] },
        { name: "Err", index: 1, fields: [{ type: errCodec.type }] },
      ],
    },
    write: (writer, value) => {
      writer.u8(value.type === "ok" ? 0 : 1);
      if (value.type === "ok") okCodec.write(writer, value.value);
      else errCodec.write(writer, value.value);
    },
    read: (reader) => {
      const tag = reader.u8();
      if (tag > 1) throw new DecodeError("badTag", reader.offset - 1, `${tag} is not a result`);
      return tag === 0
        ? { type: "ok", value: okCodec.read(reader) }
        : { type: "err", value: errCodec.read(reader) };
    },
  };
}

type VariantSpec = number | readonly [number, AnyCodec];

export type VariantValue<V extends Readonly<Record<string, VariantSpec>>> = {
  readonly [K in keyof V]: V[K] extends readonly [number, infer C]
    ? { readonly type: K; readonly value: ValueOf<C> }
    : { readonly type: K };
}[keyof V];

/**
 * An enum of the wire: `variant({ seconded: [1, Receipt], nothing: 2 })` has the values
 * `{ type: "seconded", value }` and `{ type: "nothing" }`.
 */
export function variant<const V extends Readonly<Record<string, VariantSpec>>>(
  variants: V,
  path?: readonly string[],
): Codec<VariantValue<V>> {
  interface Arm {
    readonly name: string;
    readonly index: number;
    readonly codec: AnyCodec | undefined;
  }
  const arms: Arm[] = Object.entries(variants).map(([name, spec]) =>
    typeof spec === "number"
      ? { name, index: spec, codec: undefined }
      : { name, index: spec[0], codec: spec[1] },
  );
  const byIndex: (Arm | undefined)[] = [];
  const byName = new Map<string, Arm>();
  for (const arm of arms) {
    assert(byIndex[arm.index] === undefined, `two variants with index ${arm.index}`);
    byIndex[arm.index] = arm;
    byName.set(arm.name, arm);
  }
  const described: VariantDescription[] = arms.map(({ name, index, codec }) => ({
    name: pascalCase(name),
    index,
    fields: codec === undefined ? [] : variantFields(codec.type),
  }));
  return {
    sizeMin: 1 + Math.min(...arms.map((arm) => arm.codec?.sizeMin ?? 0)),
    type: { kind: "variant", variants: described, ...(path === undefined ? {} : { path }) },
    write: (writer, value) => {
      const { type, value: inner } = value as { readonly type: string; readonly value?: unknown };
      const arm = byName.get(type);
      assert(arm !== undefined, `no variant ${type}`);
      writer.u8(arm.index);
      arm.codec?.write(writer, inner);
    },
    read: (reader) => {
      const index = reader.u8();
      const arm = byIndex[index];
      if (arm === undefined)
        throw new DecodeError("badVariant", reader.offset - 1, `no variant ${index}`);
      if (arm.codec === undefined) return { type: arm.name } as VariantValue<V>;
      reader.enter();
      const value: unknown = arm.codec.read(reader);
      reader.leave();
      return { type: arm.name, value } as VariantValue<V>;
    },
  };
}

/** An anonymous struct inside an enum is the variant's named fields; everything else is one field. */
function variantFields(type: TypeDescription): readonly FieldDescription[] {
  if (type.kind === "composite" && type.path === undefined) return type.fields;
  if (type.kind === "tuple") return type.items.map((item) => ({ type: item }));
  return [{ type }];
}

/** Keys strictly ascending in their encoding, as hashed and signed maps need it. */
export function map<K, V>(
  key: Codec<K>,
  value: Codec<V>,
  countMax = COUNT_MAX,
): Codec<ReadonlyMap<K, V>> {
  return {
    sizeMin: 1,
    type: {
      kind: "composite",
      path: ["BTreeMap"],
      params: [
        { name: "K", type: key.type },
        { name: "V", type: value.type },
      ],
      fields: [
        { type: { kind: "sequence", of: { kind: "tuple", items: [key.type, value.type] } } },
      ],
    },
    write: (writer, entries) => {
      writer.compactU32(entries.size);
      const sorted = [...entries].sort(([a], [b]) => compareKeys(a, b));
      for (const [k, v] of sorted) {
        key.write(writer, k);
        value.write(writer, v);
      }
    },
    read: (reader) => {
      const count = reader.count(key.sizeMin + value.sizeMin, countMax);
      reader.enter();
      const entries = new Map<K, V>();
      let previous: K | undefined;
      for (let i = 0; i < count; i++) {
        const start = reader.offset;
        const k = key.read(reader);
        if (previous !== undefined && compareKeys(previous, k) >= 0)
          throw new DecodeError("notSorted", start, "map keys are not strictly ascending");
        previous = k;
        entries.set(k, value.read(reader));
      }
      reader.leave();
      return entries;
    },
  };
}

/** Order of map keys: by value for numbers and text, by bytes, and item by item for tuples. */
export function compareKeys(a: unknown, b: unknown): number {
  if (typeof a === "object" && typeof b === "object" && a !== null && b !== null) {
    if (a instanceof Uint8Array && b instanceof Uint8Array) {
      const shared = Math.min(a.length, b.length);
      for (let i = 0; i < shared; i++)
        if (a[i] !== b[i]) return (a[i] as number) - (b[i] as number);
      return a.length - b.length;
    }
    const left = Object.values(a);
    const right = Object.values(b);
    for (let i = 0; i < Math.min(left.length, right.length); i++) {
      const order = compareKeys(left[i], right[i]);
      if (order !== 0) return order;
    }
    return left.length - right.length;
  }
  const x = a as string | number | bigint;
  const y = b as string | number | bigint;
  return x < y ? -1 : x > y ? 1 : 0;
}

/** A recursive type; depth is bounded by the reader. */
export function lazy<T>(get: () => Codec<T>): Codec<T> {
  return {
    sizeMin: 1,
    type: { kind: "lazy", get: () => get().type },
    write: (writer, value) => get().write(writer, value),
    read: (reader) => {
      reader.enter();
      const value = get().read(reader);
      reader.leave();
      return value;
    },
  };
}

/** A value inside its own length prefix (`WrapperOpaque`); the inner value must fill it exactly. */
export function opaque<T>(codec: Codec<T>, lengthMax = COUNT_MAX): Codec<T> {
  return {
    sizeMin: 1,
    type: {
      kind: "composite",
      path: ["WrapperOpaque"],
      params: [{ name: "T", type: codec.type }],
      fields: [
        { type: { kind: "compact", of: { kind: "primitive", primitive: "u32" } } },
        { type: codec.type },
      ],
    },
    write: (writer, value) => {
      const inner = encode(codec, value);
      writer.compactU32(inner.length);
      writer.raw(inner);
    },
    read: (reader) => decode(codec, reader.view(reader.count(1, lengthMax))),
  };
}

/** The same wire form, another value: `from` may throw `DecodeError`. */
export function mapped<Wire, T>(
  codec: Codec<Wire>,
  to: (value: T) => Wire,
  from: (wire: Wire, offset: number) => T,
): Codec<T> {
  return {
    sizeMin: codec.sizeMin,
    type: codec.type,
    write: (writer, value) => codec.write(writer, to(value)),
    read: (reader) => {
      const start = reader.offset;
      return from(codec.read(reader), start);
    },
  };
}

/** The same codec under a metadata path, such as `named(["sp_runtime", "generic", "Header"], …)`. */
export function named<T>(path: readonly string[], codec: Codec<T>): Codec<T> {
  return { ...codec, type: { ...codec.type, path } };
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
