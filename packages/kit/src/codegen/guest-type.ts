/**
 * How a codec's type looks in a guest: the AssemblyScript type, and the code that reads and writes it. Structs become
 * classes, enums without contents become numbers with names.
 */
import type { TypeDescription } from "@parahost/scale";

/** A type that guests cannot have; the message says what to write instead. */
export class UnsupportedType extends Error {}

export interface GuestType {
  /** In AssemblyScript. */
  readonly name: string;
  /** Whether it can be `null`. */
  readonly isReference: boolean;
  /** Expression that takes a value from `reader`. */
  read(reader: string): string;
  /** Statement that appends `value` to `writer`. */
  write(writer: string, value: string): string;
}

const number = (name: string, method = name): GuestType => ({
  name,
  isReference: false,
  read: (reader) => `${reader}.${method}()`,
  write: (writer, value) => `${writer}.${method}(${value});`,
});

const signed = (name: string, bits: 8 | 16 | 32 | 64): GuestType => ({
  name,
  isReference: false,
  read: (reader) => `<${name}>${reader}.u${bits}()`,
  write: (writer, value) => `${writer}.u${bits}(<u${bits}>${value});`,
});

const U128: GuestType = {
  name: "U128",
  isReference: true,
  read: (reader) => `U128.read(${reader})`,
  write: (writer, value) => `${value}.write(${writer});`,
};

const BLOB: GuestType = {
  name: "Bytes",
  isReference: true,
  read: (reader) => `${reader}.blob()`,
  write: (writer, value) => `${writer}.blob(${value});`,
};

const fixed = (length: number): GuestType => ({
  name: "Bytes",
  isReference: true,
  read: (reader) => `${reader}.bytes(${length})`,
  write: (writer, value) => `${writer}.bytes(${value});`,
});

const ADDRESS: GuestType = {
  name: "Bytes",
  isReference: true,
  read: (reader) => `readAddress(${reader})`,
  write: (writer, value) => `${writer}.u8(0); ${writer}.bytes(${value});`,
};

const PRIMITIVES: Readonly<Record<string, GuestType>> = {
  bool: number("bool"),
  u8: number("u8"),
  u16: number("u16"),
  u32: number("u32"),
  u64: number("u64"),
  u128: U128,
  i8: signed("i8", 8),
  i16: signed("i16", 16),
  i32: signed("i32", 32),
  i64: signed("i64", 64),
  str: BLOB,
};

/** Types of one chain; classes come into being as they are first needed. */
export class GuestTypes {
  readonly #classes = new Map<string, string>();
  readonly #names: string[] = [];
  readonly #known = new Map<TypeDescription, GuestType>();

  /** Declarations of all classes and names that `of` has needed. */
  get declarations(): string {
    return [...this.#classes.values()].join("\n");
  }

  /** What the declarations export. */
  get names(): readonly string[] {
    return this.#names;
  }

  of(type: TypeDescription): GuestType {
    const known = this.#known.get(type);
    if (known !== undefined) return known;
    const made = this.#make(type);
    this.#known.set(type, made);
    return made;
  }

  #declare(exported: readonly string[], name: string, code: string): void {
    if (this.#classes.has(name)) return;
    this.#classes.set(name, code);
    this.#names.push(...exported);
  }

  #make(type: TypeDescription): GuestType {
    switch (type.kind) {
      case "primitive": {
        const primitive = PRIMITIVES[type.primitive];
        if (primitive === undefined) throw unsupported(type.primitive, "use u128");
        return primitive;
      }
      case "compact":
        return this.#compact(type.of);
      case "sequence":
        return isU8(type.of) ? BLOB : this.#list(type.of);
      case "array":
        if (isU8(type.of)) return fixed(type.length);
        throw unsupported("an array", "use a vec");
      case "composite":
        return this.#composite(type);
      case "variant":
        return this.#variant(type);
      case "lazy":
        return this.of(type.get());
      case "tuple":
        throw unsupported("a tuple", "name its parts in a struct");
      case "bits":
        throw unsupported("a bit vector", "use bytes");
    }
  }

  #compact(inner: TypeDescription): GuestType {
    const of = this.of(inner);
    switch (of.name) {
      case "u8":
      case "u16":
        return {
          ...of,
          read: (reader) => `<${of.name}>${reader}.compactU32()`,
          write: (writer, value) => `${writer}.compactU32(${value});`,
        };
      case "u32":
      case "u64":
      case "U128":
        return number(of.name, `compact${of.name.toUpperCase()}`);
      default:
        throw unsupported("a compact form of this type", "use a number");
    }
  }

  #list(item: TypeDescription): GuestType {
    const of = this.of(item);
    const name = `List_${of.name.replaceAll(/\W/g, "_")}`;
    this.#declare(
      [`read${name}`, `write${name}`],
      name,
      `
export function read${name}(reader: Reader): Array<${of.name}> {
  const count = reader.count(1);
  const list = new Array<${of.name}>(0);
  for (let index = 0; index < count; index++) list.push(${of.read("reader")});
  return list;
}

export function write${name}(writer: Writer, list: Array<${of.name}>): void {
  writer.compact(list.length);
  for (let index = 0; index < list.length; index++) {
    ${of.write("writer", "list[index]")}
  }
}
`,
    );
    return {
      name: `Array<${of.name}>`,
      isReference: true,
      read: (reader) => `read${name}(${reader})`,
      write: (writer, value) => `write${name}(${writer}, ${value});`,
    };
  }

  #composite(type: TypeDescription & { kind: "composite" }): GuestType {
    const [only] = type.fields;
    // A type of its own around another looks like that other one.
    if (type.fields.length === 1 && only !== undefined && only.name === undefined)
      return this.of(only.type);
    const name = type.path?.at(-1);
    if (name === undefined)
      throw unsupported("a struct without a name", 'give it one: struct({…}, ["Name"])');
    const fields = type.fields.map(({ name: field, type: of }, index) => ({
      name: camel(field ?? `field${index}`),
      of: this.of(of),
    }));
    this.#declare(
      [name],
      name,
      `
export class ${name} {
  constructor(
${fields.map((field) => `    public ${field.name}: ${field.of.name},`).join("\n")}
  ) {}

  static read(reader: Reader): ${name} {
${fields.map((field) => `    const ${field.name} = ${field.of.read("reader")};`).join("\n")}
    return new ${name}(${fields.map((field) => field.name).join(", ")});
  }

  write(writer: Writer): void {
${fields.map((field) => `    ${field.of.write("writer", `this.${field.name}`)}`).join("\n")}
  }
}
`,
    );
    return {
      name,
      isReference: true,
      read: (reader) => `${name}.read(${reader})`,
      write: (writer, value) => `${value}.write(${writer});`,
    };
  }

  #variant(type: TypeDescription & { kind: "variant" }): GuestType {
    const name = type.path?.at(-1);
    if (name === "MultiAddress") return ADDRESS;
    if (name === "Option") return this.#option(type);
    if (name === undefined || type.variants.some(({ fields }) => fields.length > 0))
      throw unsupported("an enum with contents", "use a struct, or a call for each case");
    this.#declare(
      [name, `read${name}`],
      name,
      `
export namespace ${name} {
${type.variants.map((arm) => `  export const ${camel(arm.name)}: u8 = ${arm.index};`).join("\n")}
}

export function read${name}(reader: Reader): u8 {
  const value = reader.u8();
  assert(${type.variants.map((arm) => `value == ${arm.index}`).join(" || ")}, "no such ${name}");
  return value;
}
`,
    );
    return {
      name: "u8",
      isReference: false,
      read: (reader) => `read${name}(${reader})`,
      write: (writer, value) => `${writer}.u8(${value});`,
    };
  }

  #option(type: TypeDescription & { kind: "variant" }): GuestType {
    const inner = type.variants.find((arm) => arm.name === "Some")?.fields[0]?.type;
    const of = inner === undefined ? undefined : this.of(inner);
    if (of === undefined || !of.isReference)
      throw unsupported("an option of a number", "put the number into a struct");
    const name = `Option_${of.name.replaceAll(/\W/g, "_")}`;
    this.#declare(
      [`read${name}`, `write${name}`],
      name,
      `
export function read${name}(reader: Reader): ${of.name} | null {
  return reader.bool() ? ${of.read("reader")} : null;
}

export function write${name}(writer: Writer, value: ${of.name} | null): void {
  writer.bool(value != null);
  if (value) { ${of.write("writer", "value")} }
}
`,
    );
    return {
      name: `${of.name} | null`,
      isReference: true,
      read: (reader) => `read${name}(${reader})`,
      write: (writer, value) => `write${name}(${writer}, ${value});`,
    };
  }
}

const isU8 = (type: TypeDescription): boolean =>
  type.kind === "primitive" && type.primitive === "u8";

const unsupported = (what: string, instead: string): UnsupportedType =>
  new UnsupportedType(`a guest cannot have ${what}; ${instead}`);

/** `by_account` and `ByAccount` → `byAccount`. */
export const camel = (name: string): string => {
  const joined = name.replaceAll(/_([a-z0-9])/g, (_, letter: string) => letter.toUpperCase());
  return joined.charAt(0).toLowerCase() + joined.slice(1);
};
