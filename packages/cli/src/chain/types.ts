/**
 * Values of a chain's types as people write and read them: JSON on one side, SCALE on the other, by the types that the
 * chain's metadata lists. Bytes are hex, accounts are addresses, numbers beyond 32 bits are decimal text, an enum's
 * value is its name or `{ "Name": what it carries }`.
 */
import { bytesToHex, concatBytes, type Hex, hexToBytes, isHex } from "@parahost/base";
import { pairFromUri, ss58Decode, ss58Encode } from "@parahost/crypto";
import { accountOf, type PortableType, type TypeDefinition } from "@parahost/runtime";
import {
  bitsFrom,
  bitsToBooleans,
  bitVec,
  bool,
  bytes,
  type Codec,
  compactU32,
  compactU128,
  encode,
  fixedBytes,
  i8,
  i16,
  i32,
  i64,
  i128,
  Reader,
  str,
  u8,
  u16,
  u32,
  u64,
  u128,
  u256,
} from "@parahost/scale";

export type Json =
  | null
  | boolean
  | number
  | string
  | readonly Json[]
  | { readonly [key: string]: Json };

/** A value that does not fit its type; the message says where and what would. */
export class ValueError extends Error {}

const PRIMITIVES: Readonly<Record<string, Codec<number> | Codec<bigint>>> = {
  ...{ u8, u16, u32, u64, u128, u256 },
  ...{ i8, i16, i32, i64, i128 },
};

/** Elements of one list that a person may write. */
const ITEMS_MAX = 100_000;

type Variants = Extract<TypeDefinition, { type: "variant" }>["value"];
type Fields = Variants[number]["fields"];

export class ChainTypes {
  readonly #types: readonly PortableType[];

  constructor(types: readonly PortableType[]) {
    this.#types = types;
  }

  type(id: number): PortableType {
    const type = this.#types[id];
    if (type === undefined) throw new ValueError(`the metadata has no type ${id}`);
    return type;
  }

  // Names

  /** How the type is called, in a word or two. */
  nameOf(id: number): string {
    const { path, params, definition } = this.type(id);
    const name = path.at(-1);
    if (name !== undefined) {
      const given = params.flatMap(({ type }) => (type === undefined ? [] : [this.nameOf(type)]));
      return ["Option", "Result", "BTreeMap", "BTreeSet"].includes(name) && given.length > 0
        ? `${name}<${given.join(", ")}>`
        : name;
    }
    switch (definition.type) {
      case "primitive":
        return definition.value.type;
      case "compact":
        return this.nameOf(definition.value);
      case "sequence":
        return this.#isByte(definition.value) ? "bytes" : `[${this.nameOf(definition.value)}]`;
      case "array":
        return `[${this.nameOf(definition.value.type)}; ${definition.value.length}]`;
      case "tuple":
        return `(${definition.value.map((item) => this.nameOf(item)).join(", ")})`;
      default:
        return definition.type;
    }
  }

  /** What may be written for the type. */
  #wanted(id: number): string {
    const { definition } = this.type(id);
    if (this.#isAccount(id))
      return "an address, a public key as 0x hex, or a secret URI such as //Bob";
    if (definition.type !== "variant") return this.nameOf(id);
    const names = definition.value.map(({ name, fields }) =>
      fields.length === 0 ? name : `{"${name}": …}`,
    );
    const shown = names.slice(0, 8).join(", ");
    return `one of ${shown}${names.length > 8 ? `, and ${names.length - 8} others` : ""}`;
  }

  #isByte(id: number): boolean {
    const { definition } = this.type(id);
    return definition.type === "primitive" && definition.value.type === "u8";
  }

  #isAccount(id: number): boolean {
    const name = this.type(id).path.at(-1);
    return name === "AccountId32" || name === "MultiAddress";
  }

  // Reading

  decode(id: number, encoded: Uint8Array): Json {
    const reader = new Reader(encoded);
    const value = this.read(id, reader);
    if (reader.remaining > 0)
      throw new ValueError(`${reader.remaining} bytes are left over behind a ${this.nameOf(id)}`);
    return value;
  }

  read(id: number, reader: Reader): Json {
    reader.enter();
    const value = this.#read(id, reader);
    reader.leave();
    return value;
  }

  #read(id: number, reader: Reader): Json {
    const { path, definition } = this.type(id);
    switch (definition.type) {
      case "primitive":
        return readPrimitive(definition.value.type, reader);
      case "compact":
        return this.#readCompact(definition.value, reader);
      case "sequence":
        return this.#isByte(definition.value)
          ? bytesToHex(bytes().read(reader))
          : this.#readItems(definition.value, compactU32.read(reader), reader);
      case "array":
        return this.#isByte(definition.value.type)
          ? bytesToHex(fixedBytes(definition.value.length).read(reader))
          : this.#readItems(definition.value.type, definition.value.length, reader);
      case "tuple":
        return definition.value.map((item) => this.read(item, reader));
      case "bitSequence":
        return bitsToBooleans(bitVec().read(reader)).map(Number).join("");
      case "composite": {
        const value = this.#readFields(definition.value, reader);
        return path.at(-1) === "AccountId32" && typeof value === "string" && isHex(value, 32)
          ? ss58Encode(value)
          : value;
      }
      case "variant": {
        const index = u8.read(reader);
        const found = definition.value.find((variant) => variant.index === index);
        if (found === undefined) throw new ValueError(`${this.nameOf(id)} has no variant ${index}`);
        const value =
          found.fields.length === 0 ? undefined : this.#readFields(found.fields, reader);
        if (path.join() === "Option") return value ?? null;
        return value === undefined ? found.name : { [found.name]: value };
      }
    }
  }

  #readItems(item: number, count: number, reader: Reader): Json[] {
    const items: Json[] = [];
    for (let i = 0; i < count; i++) items.push(this.read(item, reader));
    return items;
  }

  #readFields(fields: Fields, reader: Reader): Json {
    const [first] = fields;
    if (first?.name === undefined)
      return fields.length === 1 && first !== undefined
        ? this.read(first.type, reader)
        : fields.map(({ type }) => this.read(type, reader));
    return Object.fromEntries(fields.map(({ name = "", type }) => [name, this.read(type, reader)]));
  }

  #readCompact(id: number, reader: Reader): Json {
    const { definition } = this.type(id);
    if (definition.type === "tuple") return [];
    // Perbill and its like wrap the number.
    const inner = definition.type === "composite" ? definition.value[0]?.type : undefined;
    if (inner !== undefined) return this.#readCompact(inner, reader);
    return numberJson(compactU128.read(reader), this.nameOf(id));
  }

  // Writing

  /** Bytes of a value; `where` names it in complaints. */
  encode(id: number, value: Json, where: string): Uint8Array {
    const { path, definition } = this.type(id);
    const wrong = (): never => {
      throw new ValueError(`${where} must be ${this.#wanted(id)}, not ${JSON.stringify(value)}`);
    };
    switch (definition.type) {
      case "primitive":
        return encodePrimitive(definition.value.type, value, wrong);
      case "compact":
        return this.#encodeCompact(definition.value, value, wrong);
      case "sequence": {
        if (this.#isByte(definition.value)) return encode(bytes(), bytesOf(value) ?? wrong());
        if (!Array.isArray(value) || value.length > ITEMS_MAX) return wrong();
        const items = value.map(() => definition.value);
        return concatBytes(
          encode(compactU32, value.length),
          this.#encodeItems(items, value, where),
        );
      }
      case "array": {
        const { length, type } = definition.value;
        const given = this.#isByte(type) ? bytesOf(value) : value;
        if (given instanceof Uint8Array) return given.length === length ? given : wrong();
        if (!Array.isArray(given) || given.length !== length) return wrong();
        return this.#encodeItems(
          given.map(() => type),
          given,
          where,
        );
      }
      case "tuple":
        if (!Array.isArray(value) || value.length !== definition.value.length) return wrong();
        return this.#encodeItems(definition.value, value, where);
      case "bitSequence":
        if (typeof value !== "string" || !/^[01]*$/.test(value)) return wrong();
        return encode(bitVec(), bitsFrom([...value].map((bit) => bit === "1")));
      case "composite":
        return path.at(-1) === "AccountId32"
          ? hexToBytes(accountIn(value) ?? wrong())
          : this.#encodeFields(definition.value, value, where, wrong);
      case "variant":
        return path.at(-1) === "Option"
          ? this.#encodeOption(definition.value, value, where, wrong)
          : this.#encodeVariant(path.at(-1), definition.value, value, where, wrong);
    }
  }

  #encodeOption(variants: Variants, value: Json, where: string, wrong: () => never): Uint8Array {
    if (value === null || value === "none") return new Uint8Array([0]);
    const some = variants.find(({ index }) => index === 1)?.fields[0] ?? wrong();
    return concatBytes(new Uint8Array([1]), this.encode(some.type, value, where));
  }

  #encodeVariant(
    name: string | undefined,
    variants: Variants,
    value: Json,
    where: string,
    wrong: () => never,
  ): Uint8Array {
    const account = name === "MultiAddress" ? accountIn(value) : undefined;
    const given: Json = account === undefined ? value : { Id: account };
    const [entry, ...more] =
      typeof given === "string" ? [[given, null] as const] : Object.entries(given ?? {});
    const found = variants.find((variant) => sameName(variant.name, entry?.[0] ?? ""));
    if (found === undefined || entry === undefined || more.length > 0) return wrong();
    const [, carried] = entry;
    if (found.fields.length === 0 && carried !== null) return wrong();
    return concatBytes(
      new Uint8Array([found.index]),
      this.#encodeFields(found.fields, carried, `${where}.${found.name}`, wrong),
    );
  }

  #encodeItems(types: readonly number[], values: readonly Json[], where: string): Uint8Array {
    return concatBytes(
      ...types.map((type, index) => this.encode(type, values[index] ?? null, `${where}[${index}]`)),
    );
  }

  #encodeFields(fields: Fields, value: Json, where: string, wrong: () => never): Uint8Array {
    const [first] = fields;
    if (first === undefined) return new Uint8Array();
    if (first.name === undefined) {
      if (fields.length === 1) return this.encode(first.type, value, where);
      if (!Array.isArray(value) || value.length !== fields.length) return wrong();
      return this.#encodeItems(
        fields.map(({ type }) => type),
        value,
        where,
      );
    }
    if (typeof value !== "object" || value === null || Array.isArray(value)) return wrong();
    const given = new Map(Object.entries(value));
    const encoded = fields.map(({ name = "", type }) => {
      const key = [...given.keys()].find((candidate) => sameName(candidate, name)) ?? name;
      // What is left out is nothing, which options allow.
      const field = given.get(key) ?? null;
      given.delete(key);
      return this.encode(type, field, `${where}.${name}`);
    });
    const [unknown] = given.keys();
    if (unknown === undefined) return concatBytes(...encoded);
    const names = fields.map(({ name }) => name).join(", ");
    throw new ValueError(`${where} has no field ${unknown}: it has ${names}`);
  }

  #encodeCompact(id: number, value: Json, wrong: () => never): Uint8Array {
    const { definition } = this.type(id);
    if (definition.type === "tuple") return new Uint8Array();
    const inner = definition.type === "composite" ? definition.value[0]?.type : undefined;
    if (inner !== undefined) return this.#encodeCompact(inner, value, wrong);
    const number = wholeNumberIn(value) ?? wrong();
    const bits = BigInt(BITS.exec(this.nameOf(id))?.[1] ?? 128);
    return number < 0n || number >= 1n << bits ? wrong() : encode(compactU128, number);
  }
}

const BITS = /^[ui](\d+)$/;

/** `transferKeepAlive` and `transfer_keep_alive` are one name. */
export const sameName = (a: string, b: string): boolean =>
  a.replaceAll("_", "").toLowerCase() === b.replaceAll("_", "").toLowerCase();

/** The account that a text names, if it names one. */
export function accountIn(value: Json): Hex | undefined {
  if (typeof value !== "string") return undefined;
  if (isHex(value, 32)) return value.toLowerCase() as Hex;
  if (value.startsWith("//")) {
    const pair = pairFromUri("sr25519", value);
    return pair.ok ? accountOf(pair.value) : undefined;
  }
  const decoded = ss58Decode(value);
  return decoded.ok && isHex(decoded.value.publicKey, 32) ? decoded.value.publicKey : undefined;
}

/** Bytes as hex, or those of a text. */
function bytesOf(value: Json): Uint8Array | undefined {
  if (typeof value !== "string") return undefined;
  return isHex(value) ? hexToBytes(value) : new TextEncoder().encode(value);
}

function wholeNumberIn(value: Json): bigint | undefined {
  if (typeof value === "number") return Number.isSafeInteger(value) ? BigInt(value) : undefined;
  if (typeof value !== "string" || !/^-?(\d+|\d{1,3}(_\d{3})+|0x[0-9a-f]+)$/i.test(value))
    return undefined;
  return BigInt(value.replaceAll("_", ""));
}

const numberJson = (value: bigint, type: string): Json =>
  Number(BITS.exec(type)?.[1] ?? 128) <= 32 ? Number(value) : value.toString();

function readPrimitive(type: string, reader: Reader): Json {
  if (type === "bool") return bool.read(reader);
  if (type === "str") return str.read(reader);
  const codec = PRIMITIVES[type];
  if (codec === undefined) throw new ValueError(`there are no values of type ${type}`);
  return numberJson(BigInt(codec.read(reader)), type);
}

function encodePrimitive(type: string, value: Json, wrong: () => never): Uint8Array {
  if (type === "bool") {
    const given = value === "true" ? true : value === "false" ? false : value;
    return typeof given === "boolean" ? encode(bool, given) : wrong();
  }
  if (type === "str") return typeof value === "string" ? encode(str, value) : wrong();
  const codec = PRIMITIVES[type];
  const number = wholeNumberIn(value);
  if (codec === undefined || number === undefined) return wrong();
  const bits = BigInt(BITS.exec(type)?.[1] ?? 0);
  const [min, max] = type.startsWith("u")
    ? [0n, (1n << bits) - 1n]
    : [-(1n << (bits - 1n)), (1n << (bits - 1n)) - 1n];
  if (number < min || number > max) return wrong();
  return bits <= 32n
    ? encode(codec as Codec<number>, Number(number))
    : encode(codec as Codec<bigint>, number);
}
