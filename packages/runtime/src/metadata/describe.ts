/**
 * Metadata of any chain, from the declaration of its runtime: types, pallets and APIs are described once, and each
 * version is a selection of that. Only the values of constants are given from outside, since they may depend on
 * the state.
 *
 * Reference: json-rpc-and-metadata.md 8.
 */
import { BARE_V4, MultiAddress, MultiSignature } from "@parahost/primitives";
import type { FieldDescription, TypeDescription } from "@parahost/scale";
import {
  type AnyCodec,
  moduleName,
  pascalCase,
  type StorageEntry as StorageDeclaration,
  snakeCase,
} from "../framework/index.ts";
import { describeExtensions, extraType, extrinsicType } from "./extrinsic.ts";
import {
  type Constant,
  METADATA_MAGIC,
  type Metadata,
  type PortableType,
  type SignedExtension,
  type StorageEntry,
} from "./layout.ts";
import { TypeRegistry } from "./registry.ts";

/** Versions that there are, as `Metadata_metadata_versions` lists them. */
export const METADATA_VERSIONS = [14, 15, 16] as const;
export type MetadataVersion = (typeof METADATA_VERSIONS)[number];

// Declarations

export interface ErrorDeclaration {
  /** In camel or Pascal case. */
  readonly name: string;
  readonly index: number;
  readonly docs?: string;
}

/** What metadata shows of a pallet. */
export interface PalletSource {
  /** As in metadata, for example `ParaInclusion`. */
  readonly name: string;
  readonly index: number;
  readonly docs: string;
  readonly storage: readonly Pick<
    StorageDeclaration,
    "item" | "docs" | "hashers" | "keyTypes" | "valueType" | "fallback"
  >[];
  /** Variants of the pallet's own; absent where there are none. */
  readonly calls: TypeDescription | undefined;
  readonly events: TypeDescription | undefined;
  readonly errors: readonly ErrorDeclaration[];
  readonly constants: Readonly<Record<string, { readonly docs: string; readonly codec: AnyCodec }>>;
}

/** What metadata shows of a runtime API. */
export interface ApiSource {
  readonly version: number;
  readonly docs: string;
  /** By name in camel case; `inputs` is a struct of the arguments. */
  readonly methods: Readonly<
    Record<string, { readonly docs: string; readonly inputs: AnyCodec; readonly output: AnyCodec }>
  >;
}

/** A runtime as its metadata shows it. All chains have the transactions and extensions of `SignedExtra`. */
export interface RuntimeSource {
  /** First part of the paths of its sums, in snake case; clients expect it to end in `_runtime`. */
  readonly crate: string;
  readonly pallets: readonly PalletSource[];
  /** A call of any pallet. */
  readonly call: TypeDescription;
  /** An event of any pallet. */
  readonly event: TypeDescription;
  readonly apis: Readonly<Record<string, ApiSource>>;
}

/** A sum over pallets: an arm for each that has something of the kind. */
export function sumOverPallets(
  path: readonly string[],
  pallets: readonly { readonly name: string; readonly index: number }[],
  typeOf: (position: number) => TypeDescription | undefined,
): TypeDescription {
  return {
    kind: "variant",
    path,
    variants: pallets.flatMap(({ name, index }, position) => {
      const type = typeOf(position);
      return type === undefined ? [] : [{ name, index, fields: [{ type }] }];
    }),
  };
}

/** The errors of a pallet as a type. */
function errorType({ name, errors }: PalletSource): TypeDescription {
  return {
    kind: "variant",
    path: [moduleName(name), "pallet", "Error"],
    variants: errors.map(({ name: error, index, docs }) => ({
      name: pascalCase(error),
      index,
      fields: [] as FieldDescription[],
      ...(docs === undefined ? {} : { docs: [docs] }),
    })),
  };
}

// Descriptions

/** What all versions have in common: everything but the values of constants. */
export interface RuntimeDescription {
  readonly types: readonly PortableType[];
  readonly pallets: readonly PalletDescription[];
  readonly extrinsic: {
    readonly type: number;
    readonly address: number;
    readonly signature: number;
    readonly extra: number;
    readonly extensions: readonly SignedExtension[];
  };
  readonly apis: readonly ApiDescription[];
  readonly outerEnums: { readonly call: number; readonly event: number; readonly error: number };
  readonly runtime: number;
}

interface PalletDescription {
  readonly name: string;
  readonly index: number;
  readonly docs: readonly string[];
  readonly storage:
    | { readonly prefix: string; readonly items: readonly StorageEntry[] }
    | undefined;
  readonly calls: number | undefined;
  readonly events: number | undefined;
  readonly errors: number | undefined;
  /** By name, as declared; the values come later. */
  readonly constants: readonly Omit<Constant, "value">[];
}

interface ApiDescription {
  readonly name: string;
  readonly version: number;
  readonly docs: readonly string[];
  readonly methods: readonly {
    readonly name: string;
    readonly inputs: readonly { readonly name: string; readonly type: number }[];
    readonly output: number;
    readonly docs: readonly string[];
  }[];
}

export function describeRuntime(source: RuntimeSource): RuntimeDescription {
  const { crate, pallets, call, event, apis } = source;
  const registry = new TypeRegistry();
  const palletDescriptions = pallets.map((pallet) => describePallet(registry, pallet));
  const error = sumOverPallets([crate, "RuntimeError"], pallets, (position) => {
    const pallet = pallets[position];
    return pallet === undefined || pallet.errors.length === 0 ? undefined : errorType(pallet);
  });
  return {
    pallets: palletDescriptions,
    outerEnums: {
      call: registry.add(call),
      event: registry.add(event),
      error: registry.add(error),
    },
    extrinsic: {
      type: registry.add(extrinsicType(call)),
      address: registry.add(MultiAddress.type),
      signature: registry.add(MultiSignature.type),
      extra: registry.add(extraType()),
      extensions: describeExtensions().map(({ identifier, type, implicit }) => ({
        identifier,
        type: registry.add(type),
        implicit: registry.add(implicit),
      })),
    },
    apis: Object.entries(apis).map(([name, api]) => describeApi(registry, name, api)),
    runtime: registry.add({ kind: "composite", path: [crate, "Runtime"], fields: [] }),
    // Last: the list is complete once everything else has been described.
    types: registry.types(),
  };
}

const lines = (docs: string): string[] => (docs === "" ? [] : docs.split("\n"));

function describePallet(registry: TypeRegistry, pallet: PalletSource): PalletDescription {
  const { name, index, docs, storage, calls, events, errors, constants } = pallet;
  return {
    name,
    index,
    docs: lines(docs),
    storage:
      storage.length === 0
        ? undefined
        : { prefix: name, items: storage.map((entry) => describeStorage(registry, entry)) },
    calls: calls && registry.add(calls),
    events: events && registry.add(events),
    errors: errors.length === 0 ? undefined : registry.add(errorType(pallet)),
    constants: Object.entries(constants).map(([constant, { codec, docs: said }]) => ({
      name: constant,
      type: registry.add(codec.type),
      docs: lines(said),
    })),
  };
}

function describeStorage(
  registry: TypeRegistry,
  entry: PalletSource["storage"][number],
): StorageEntry {
  const { item, docs, hashers, keyTypes, valueType, fallback } = entry;
  const [firstKey] = keyTypes;
  const keyType: TypeDescription | undefined =
    keyTypes.length === 1 ? firstKey : { kind: "tuple", items: keyTypes };
  return {
    name: item,
    modifier: { type: fallback === undefined ? "optional" : "default" },
    type:
      firstKey === undefined || keyType === undefined
        ? { type: "plain", value: registry.add(valueType) }
        : {
            type: "map",
            value: {
              hashers: hashers.map((type) => ({ type })),
              key: registry.add(keyType),
              value: registry.add(valueType),
            },
          },
    // An optional item has no value by default, which is `None`.
    fallback: fallback ?? new Uint8Array([0]),
    docs: lines(docs),
  };
}

function describeApi(registry: TypeRegistry, name: string, api: ApiSource): ApiDescription {
  return {
    name,
    version: api.version,
    docs: lines(api.docs),
    methods: Object.entries(api.methods).map(([method, { inputs, output, docs }]) => ({
      name: snakeCase(method),
      inputs:
        inputs.type.kind !== "composite"
          ? []
          : inputs.type.fields.map((field) => ({
              name: field.name ?? "",
              type: registry.add(field.type),
            })),
      output: registry.add(output.type),
      docs: lines(docs),
    })),
  };
}

// Versions

/** Values of the constants of every pallet, in declared order. */
export type ConstantValues = readonly (readonly Uint8Array[])[];

const TRANSACTION_VERSION = BARE_V4;
const NOT_DEPRECATED = { type: "notDeprecated" } as const;

/** The metadata of this version. */
export function metadataOf(
  description: RuntimeDescription,
  version: MetadataVersion,
  values: ConstantValues,
): Metadata {
  return { magic: METADATA_MAGIC, body: bodyOf(description, version, values) };
}

function bodyOf(
  description: RuntimeDescription,
  version: MetadataVersion,
  values: ConstantValues,
): Metadata["body"] {
  const { types, extrinsic, apis, outerEnums, runtime } = description;
  const { type, address, signature, extra, extensions } = extrinsic;
  const custom = new Map();
  const withConstants = description.pallets.map((pallet, position) => ({
    ...pallet,
    constants: pallet.constants.map((constant, index) => ({
      ...constant,
      value: values[position]?.[index] ?? new Uint8Array(),
    })),
  }));
  switch (version) {
    case 14:
      return {
        type: "v14",
        value: {
          types,
          pallets: withConstants,
          extrinsic: { type, version: TRANSACTION_VERSION, signedExtensions: extensions },
          runtime,
        },
      };
    case 15:
      return {
        type: "v15",
        value: {
          types,
          pallets: withConstants,
          extrinsic: {
            version: TRANSACTION_VERSION,
            address,
            call: outerEnums.call,
            signature,
            extra,
            signedExtensions: extensions,
          },
          runtime,
          apis,
          outerEnums,
          custom,
        },
      };
    case 16:
      return {
        type: "v16",
        value: {
          types,
          pallets: withConstants.map((pallet) => ({
            ...pallet,
            storage: pallet.storage && {
              prefix: pallet.storage.prefix,
              items: pallet.storage.items.map(current),
            },
            calls: currentEnum(pallet.calls),
            events: currentEnum(pallet.events),
            errors: currentEnum(pallet.errors),
            constants: pallet.constants.map(current),
            associatedTypes: [],
            viewFunctions: [],
            deprecation: NOT_DEPRECATED,
          })),
          extrinsic: {
            versions: [TRANSACTION_VERSION],
            address,
            call: outerEnums.call,
            signature,
            extensionsByVersion: new Map([[0, extensions.map((_, index) => index)]]),
            extensions,
          },
          apis: apis.map((api) => ({ ...current(api), methods: api.methods.map(current) })),
          outerEnums,
          custom,
        },
      };
  }
}

const current = <T extends object>(item: T) => ({ ...item, deprecation: NOT_DEPRECATED });

const currentEnum = (type: number | undefined) =>
  type === undefined ? undefined : { type, deprecation: new Map() };
