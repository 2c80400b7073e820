/**
 * What two runtimes' metadata say about the pallets that both have: storage, constants, events, errors and calls, with
 * the types of everything. Types are compared by what clients see of them: structure, names of fields, names and
 * indices of variants. Wrappers without a name of their own (`BoundedVec`, `AccountId32`) are looked through.
 */
import type { Metadata, PortableType } from "../src/metadata/layout.ts";

type Body = Extract<Metadata["body"], { readonly type: "v15" }>["value"];

/** By names such as `Babe.storage.Initialized`, what clients see of the item. */
export type Shapes = ReadonlyMap<string, string>;

/** Types that differ between any two runtimes, since they are sums over all pallets. */
const OUTER =
  /^(RuntimeCall|RuntimeEvent|RuntimeError|OriginCaller|RuntimeHoldReason|RuntimeFreezeReason)$/;

/** Shapes of everything in the pallets of these names. */
export function shapesOf(body: Body, pallets: ReadonlySet<string>): Shapes {
  const shape = describer(body.types);
  const found = new Map<string, string>();
  for (const { name, index, storage, calls, events, errors, constants } of body.pallets) {
    if (!pallets.has(name)) continue;
    found.set(name, `at ${index}, prefix ${storage?.prefix ?? name}`);
    for (const { name: item, modifier, type } of storage?.items ?? []) {
      const types =
        type.type === "plain"
          ? shape(type.value)
          : `${type.value.hashers.map(({ type: hasher }) => hasher).join()} ${shape(type.value.key)} => ${shape(type.value.value)}`;
      found.set(`${name}.storage.${item}`, `${modifier.type} ${types}`);
    }
    for (const constant of constants)
      found.set(`${name}.constants.${constant.name}`, shape(constant.type));
    for (const [kind, id] of Object.entries({ calls, events, errors }))
      for (const { name: arm, text } of id === undefined ? [] : arms(body.types, id, shape))
        found.set(`${name}.${kind}.${arm}`, text);
  }
  return found;
}

/** Shapes of all functions of the runtime APIs of these names, such as `Core.version`; arguments have places only. */
export function functionsOf({ apis, types }: Body, names: ReadonlySet<string>): Shapes {
  const shape = describer(types);
  const found = new Map<string, string>();
  for (const { name: api, methods } of apis)
    for (const { name, inputs, output } of names.has(api) ? methods : [])
      found.set(
        `${api}.${name}`,
        `(${inputs.map(({ type }) => shape(type)).join(", ")}) => ${shape(output)}`,
      );
  return found;
}

/** What the second has not, what the first has not, and what both have in different shapes. */
export function compareShapes(ours: Shapes, theirs: Shapes) {
  const names = [...new Set([...ours.keys(), ...theirs.keys()])].sort();
  return {
    added: names.filter((name) => !theirs.has(name)),
    missing: names.filter((name) => !ours.has(name)),
    different: names.filter(
      (name) => ours.has(name) && theirs.has(name) && ours.get(name) !== theirs.get(name),
    ),
  };
}

type Shape = (id: number) => string;

function arms(types: readonly PortableType[], id: number, shape: Shape) {
  const definition = types[id]?.definition;
  if (definition?.type !== "variant") throw new Error(`type ${id} is no sum`);
  return [...definition.value]
    .sort((a, b) => a.index - b.index)
    .map(({ name, index, fields }) => ({ name, text: `${index} ${fieldsText(fields, shape)}` }));
}

type Fields = readonly { readonly name: string | undefined; readonly type: number }[];

const fieldsText = (fields: Fields, shape: Shape): string =>
  `{${fields.map(({ name, type }) => (name === undefined ? shape(type) : `${name}: ${shape(type)}`)).join(", ")}}`;

function describer(types: readonly PortableType[]): Shape {
  const known = new Map<number, string>();
  const open = new Set<number>();
  const shape: Shape = (id) => {
    const found = known.get(id);
    if (found !== undefined) return found;
    const name = types[id]?.path.at(-1) ?? "";
    if (OUTER.test(name)) return name;
    if (open.has(id)) return `circle ${name}`;
    open.add(id);
    const text = describe(id);
    open.delete(id);
    known.set(id, text);
    return text;
  };
  const describe = (id: number): string => {
    const definition = types[id]?.definition;
    switch (definition?.type) {
      case "composite": {
        const [first, ...others] = definition.value;
        return first !== undefined && first.name === undefined && others.length === 0
          ? shape(first.type)
          : fieldsText(definition.value, shape);
      }
      case "variant":
        return `<${arms(types, id, shape)
          .map(({ name, text }) => `${name} ${text}`)
          .join(" | ")}>`;
      case "sequence":
        return `[${shape(definition.value)}]`;
      case "array":
        return `[${shape(definition.value.type)}; ${definition.value.length}]`;
      case "tuple":
        return `(${definition.value.map(shape).join(", ")})`;
      case "primitive":
        return definition.value.type;
      case "compact":
        return `compact ${shape(definition.value)}`;
      case "bitSequence":
        return "bits";
      case undefined:
        throw new Error(`there is no type ${id}`);
    }
  };
  return shape;
}
