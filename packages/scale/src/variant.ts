/** Choices behind one tag byte: enums of the wire, options, results. */
import { AssertionError, assert } from "@parahost/base";
import type { AnyCodec, Codec, ValueOf } from "./codec.ts";
import { compareBy } from "./compare.ts";
import { DecodeError } from "./error.ts";
import type { Reader } from "./reader.ts";
import { literal, specialize } from "./specialize.ts";
import type { FieldDescription, TypeDescription, VariantDescription } from "./type-description.ts";

function pascalCase(name: string): string {
  return name.charAt(0).toUpperCase() + name.slice(1);
}

type VariantSpec = number | readonly [number, AnyCodec];

/** Value of an enum: the union of its variants. */
export type VariantValue<V extends Readonly<Record<string, VariantSpec>>> = {
  readonly [K in keyof V]: V[K] extends readonly [number, infer C]
    ? { readonly type: K; readonly value: ValueOf<C> }
    : { readonly type: K };
}[keyof V];

interface Arm {
  readonly name: string;
  readonly index: number;
  readonly codec: AnyCodec | undefined;
}

/**
 * An enum of the wire: `variant({ seconded: [1, Receipt], nothing: 2 })` has the values
 * `{ type: "seconded", value }` and `{ type: "nothing" }`. `path` is its name in metadata.
 */
export function variant<const V extends Readonly<Record<string, VariantSpec>>>(
  variants: V,
  path?: readonly string[],
): Codec<VariantValue<V>> {
  const arms: Arm[] = Object.entries(variants).map(([name, spec]) =>
    typeof spec === "number"
      ? { name, index: spec, codec: undefined }
      : { name, index: spec[0], codec: spec[1] },
  );
  const armOf = new Map(arms.map((arm) => [arm.name, arm]));
  assert(arms.length > 0, "an enum has a variant");
  assert(
    new Set(arms.map(({ index }) => index)).size === arms.length,
    "two variants with one index",
  );
  assert(
    arms.every(({ index }) => index === (index & 0xff)),
    "a variant's index is one byte",
  );
  const described: VariantDescription[] = arms.map(({ name, index, codec }) => ({
    name: pascalCase(name),
    index,
    fields: codec === undefined ? [] : variantFields(codec.type),
  }));
  const scope: Record<string, unknown> = { badVariant, noVariant };
  for (const [i, { codec }] of arms.entries()) scope[`c${i}`] = codec;
  const reads = arms.map(({ name, index, codec }, i) => {
    const value = codec === undefined ? "" : `, value: c${i}.read(r)`;
    return `case ${index}: return { type: ${literal(name)}${value} };`;
  });
  const writes = arms.map(({ name, index, codec }, i) => {
    const value = codec === undefined ? "" : `c${i}.write(w, v.value);`;
    return `case ${literal(name)}: w.u8(${index}); ${value} return;`;
  });
  return {
    sizeMin: 1 + Math.min(...arms.map((arm) => arm.codec?.sizeMin ?? 0)),
    type: { kind: "variant", variants: described, ...(path === undefined ? {} : { path }) },
    read: specialize(
      `(r) => { switch (r.u8()) { ${reads.join(" ")} default: return badVariant(r); } }`,
      scope,
    ),
    write: specialize(
      `(w, v) => { switch (v.type) { ${writes.join(" ")} default: noVariant(v.type); } }`,
      scope,
    ),
    compare: (a, b) => {
      const left = armOf.get(a.type as string);
      const right = armOf.get(b.type as string);
      assert(left !== undefined && right !== undefined, "a value of the enum");
      if (left !== right) return left.index - right.index;
      if (left.codec === undefined) return 0;
      return compareBy(
        left.codec,
        (a as { readonly value: unknown }).value,
        (b as { readonly value: unknown }).value,
      );
    },
  };
}

function badVariant(reader: Reader): never {
  const at = reader.offset - 1;
  throw new DecodeError("badVariant", at, `no variant with index ${reader.bytes[at]}`);
}

function noVariant(name: string): never {
  throw new AssertionError(`no variant ${name}`);
}

/** An anonymous struct inside an enum is the variant's named fields; everything else is one field. */
function variantFields(type: TypeDescription): readonly FieldDescription[] {
  if (type.kind === "composite" && type.path === undefined) return type.fields;
  if (type.kind === "tuple") return type.items.map((item) => ({ type: item }));
  return [{ type }];
}

function badTag(reader: Reader, what: string): never {
  const at = reader.offset - 1;
  throw new DecodeError("badTag", at, `${reader.bytes[at]} is not ${what}`);
}

/** `undefined` or a value. An option of an option has no unambiguous value and is not offered. */
export function option<T>(codec: Codec<T>): Codec<T | undefined> {
  const scope = { codec, badTag };
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
    read: specialize(
      `(r) => {
        const tag = r.u8();
        if (tag > 1) badTag(r, "an option");
        return tag === 0 ? undefined : codec.read(r);
      }`,
      scope,
    ),
    write: specialize(
      `(w, v) => {
        if (v === undefined) w.u8(0);
        else {
          w.u8(1);
          codec.write(w, v);
        }
      }`,
      scope,
    ),
    compare: (a, b) =>
      a === undefined || b === undefined
        ? Number(a !== undefined) - Number(b !== undefined)
        : compareBy(codec, a, b),
  };
}

export type ResultValue<T, E> =
  | { readonly type: "ok"; readonly value: T }
  | { readonly type: "err"; readonly value: E };

/** Rust's `Result` on the wire; not `Result` of `base`, which is an answer between functions. */
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
      if (tag > 1) badTag(reader, "a result");
      return tag === 0
        ? { type: "ok", value: okCodec.read(reader) }
        : { type: "err", value: errCodec.read(reader) };
    },
  };
}

/** One byte, as other choices of two. */
export const bool: Codec<boolean> = {
  sizeMin: 1,
  type: { kind: "primitive", primitive: "bool" },
  write: (writer, value) => writer.u8(value ? 1 : 0),
  read: (reader) => {
    const tag = reader.u8();
    if (tag > 1) badTag(reader, "a boolean");
    return tag === 1;
  },
};
