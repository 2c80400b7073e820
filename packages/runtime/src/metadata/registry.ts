/**
 * The list of types in metadata. Codecs describe themselves as trees that share branches; here equal
 * descriptions become one entry, and entries refer to each other by number. Numbers are given in the
 * order in which types are first met, so the same declarations always give the same list.
 */
import { assert } from "@parahost/base";
import type { FieldDescription, TypeDescription } from "@parahost/scale";
import type { Field, PortableType, TypeDefinition } from "./layout.ts";

type Concrete = Exclude<TypeDescription, { readonly kind: "lazy" }>;

const U8: TypeDescription = { kind: "primitive", primitive: "u8" };
const LSB0: TypeDescription = { kind: "composite", path: ["bitvec", "order", "Lsb0"], fields: [] };

export class TypeRegistry {
  readonly #types: (PortableType | undefined)[] = [];
  readonly #idByShape = new Map<number, number>();
  readonly #shapes = new Shapes();

  /** The number of the type; equal descriptions have the same one. */
  add(description: TypeDescription): number {
    const type = resolve(description);
    const shape = this.#shapes.of(type);
    const known = this.#idByShape.get(shape);
    if (known !== undefined) return known;
    const id = this.#types.length;
    this.#idByShape.set(shape, id);
    // Taken before the parts are added: a part may refer back to this type.
    this.#types.push(undefined);
    this.#types[id] = {
      id,
      path: type.path ?? [],
      params: (type.params ?? []).map(({ name, type: argument }) => ({
        name,
        type: argument === undefined ? undefined : this.add(argument),
      })),
      definition: this.#definition(type),
      docs: type.docs ?? [],
    };
    return id;
  }

  /** All types, each at the position of its number. */
  types(): PortableType[] {
    return this.#types.map((type) => {
      assert(type !== undefined, "no type is being added");
      return type;
    });
  }

  #definition(type: Concrete): TypeDefinition {
    switch (type.kind) {
      case "primitive":
        return { type: "primitive", value: { type: type.primitive } };
      case "compact":
      case "sequence":
        return { type: type.kind, value: this.add(type.of) };
      case "array":
        return { type: "array", value: { length: type.length, type: this.add(type.of) } };
      case "tuple":
        return { type: "tuple", value: type.items.map((item) => this.add(item)) };
      case "composite":
        return { type: "composite", value: this.#fields(type.fields) };
      case "variant":
        return {
          type: "variant",
          value: type.variants.map(({ name, index, fields, docs }) => ({
            name,
            index,
            fields: this.#fields(fields),
            docs: docs ?? [],
          })),
        };
      case "bits":
        return { type: "bitSequence", value: { store: this.add(U8), order: this.add(LSB0) } };
    }
  }

  #fields(fields: readonly FieldDescription[]): Field[] {
    return fields.map(({ name, type, docs }) => ({
      name,
      type: this.add(type),
      typeName: typeName(type),
      docs: docs ?? [],
    }));
  }
}

/**
 * Numbers descriptions so that equal ones have equal numbers. A type that contains itself is told apart
 * by its path, where the circle closes.
 */
class Shapes {
  readonly #byText = new Map<string, number>();
  readonly #byDescription = new Map<Concrete, number>();
  readonly #open = new Set<Concrete>();

  of(description: TypeDescription): number {
    const type = resolve(description);
    const known = this.#byDescription.get(type);
    if (known !== undefined) return known;
    if (this.#open.has(type)) {
      assert(type.path !== undefined, "a type that contains itself has a path");
      return this.#number(`circle ${type.path.join("::")}`);
    }
    this.#open.add(type);
    const { path, params, docs } = type;
    const text = JSON.stringify([
      path,
      params?.map(({ name, type: argument }) => [name, argument && this.of(argument)]),
      docs,
      this.#parts(type),
    ]);
    this.#open.delete(type);
    const shape = this.#number(text);
    this.#byDescription.set(type, shape);
    return shape;
  }

  #number(text: string): number {
    const known = this.#byText.get(text);
    if (known !== undefined) return known;
    const shape = this.#byText.size;
    this.#byText.set(text, shape);
    return shape;
  }

  #parts(type: Concrete): unknown {
    switch (type.kind) {
      case "primitive":
        return [type.kind, type.primitive];
      case "compact":
      case "sequence":
        return [type.kind, this.of(type.of)];
      case "array":
        return [type.kind, type.length, this.of(type.of)];
      case "tuple":
        return [type.kind, type.items.map((item) => this.of(item))];
      case "composite":
        return [type.kind, this.#fields(type.fields)];
      case "variant":
        return [
          type.kind,
          type.variants.map(({ name, index, fields, docs }) => [
            name,
            index,
            docs,
            this.#fields(fields),
          ]),
        ];
      case "bits":
        return [type.kind];
    }
  }

  #fields(fields: readonly FieldDescription[]): unknown {
    return fields.map(({ name, type, docs }) => [name, this.of(type), docs]);
  }
}

function resolve(description: TypeDescription): Concrete {
  return description.kind === "lazy" ? resolve(description.get()) : description;
}

/** How the type is written in code, for readers: `Vec<AccountId32>`. `undefined` for long ones. */
function typeName(description: TypeDescription): string | undefined {
  const type = resolve(description);
  if (type.path !== undefined) return type.path.at(-1);
  switch (type.kind) {
    case "primitive":
      return type.primitive;
    case "compact":
      return around("Compact", type.of);
    case "sequence":
      return around("Vec", type.of);
    case "array": {
      const of = typeName(type.of);
      return of === undefined ? undefined : `[${of}; ${type.length}]`;
    }
    default:
      return undefined;
  }
}

function around(name: string, inner: TypeDescription): string | undefined {
  const of = typeName(inner);
  return of === undefined ? undefined : `${name}<${of}>`;
}
