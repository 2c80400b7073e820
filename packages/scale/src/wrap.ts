/** Codecs around another codec: with a name, a brand, another value, or a length of their own. */
import { assert, type Branded } from "@parahost/base";
import { type AnyCodec, type Codec, encode } from "./codec.ts";
import { compareBy } from "./compare.ts";
import { COUNT_MAX } from "./reader.ts";
import type { TypeDescription } from "./type-description.ts";

/** The same codec under a metadata path, such as `named(["sp_runtime", "generic", "Header"], …)`. */
export function named<T>(path: readonly string[], codec: Codec<T>): Codec<T> {
  return { ...codec, type: { ...codec.type, path } };
}

/** The same codec with an explanation for metadata. */
export function documented<T>(docs: readonly string[], codec: Codec<T>): Codec<T> {
  return { ...codec, type: { ...codec.type, docs } };
}

/** The same codec with the generic parameters that tell its type from others of the same path. */
export function generic<T>(params: Readonly<Record<string, AnyCodec>>, codec: Codec<T>): Codec<T> {
  const described = Object.entries(params).map(([name, { type }]) => ({ name, type }));
  return { ...codec, type: { ...codec.type, params: described } };
}

/**
 * The same codec, some of whose fields or variants have other names in metadata than in values:
 * `renamed({ round: "round_number" }, …)`. Both names are as metadata spells them.
 */
export function renamed<T>(names: Readonly<Record<string, string>>, codec: Codec<T>): Codec<T> {
  const { type } = codec;
  assert(type.kind === "composite" || type.kind === "variant", "fields and variants have names");
  const missing = new Set(Object.keys(names));
  const rename = <N extends { readonly name?: string }>(items: readonly N[]): N[] =>
    items.map((item) => {
      const name = item.name === undefined ? undefined : names[item.name];
      if (name === undefined || item.name === undefined) return item;
      missing.delete(item.name);
      return { ...item, name };
    });
  const described: TypeDescription =
    type.kind === "composite"
      ? { ...type, fields: rename(type.fields) }
      : { ...type, variants: rename(type.variants) };
  assert(missing.size === 0, `there is no ${[...missing].join()} to rename`);
  return { ...codec, type: described };
}

/** The same codec, described in metadata as a struct of its own with one unnamed field. */
export function newtype<T>(path: readonly string[], codec: Codec<T>): Codec<T> {
  return { ...codec, type: { kind: "composite", path, fields: [{ type: codec.type }] } };
}

/**
 * The same codec with a brand on its value: `branded<"ParaId">()(u32)`. With a path it is a newtype
 * in metadata.
 */
export const branded =
  <Name extends string>() =>
  <T>(codec: Codec<T>, path?: readonly string[]): Codec<Branded<T, Name>> =>
    (path === undefined ? codec : newtype(path, codec)) as Codec<Branded<T, Name>>;

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
    compare: (a, b) => compareBy(codec, to(a), to(b)),
  };
}

/** A recursive type; how deep a value may be nested is bounded by the reader. */
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
    compare: (a, b) => compareBy(get(), a, b),
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
    read: (reader) => {
      reader.enter();
      const outer = reader.narrow(reader.count(1, lengthMax));
      const value = codec.read(reader);
      reader.widen(outer);
      reader.leave();
      return value;
    },
  };
}
