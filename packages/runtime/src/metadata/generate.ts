/**
 * Metadata: what clients need to know to read this chain and to speak to it, from the pallets' own
 * declarations. Types, pallets and APIs are described once; each version is a selection of that. Only
 * the values of constants depend on the state, since networks may differ in them.
 *
 * Reference: json-rpc-and-metadata.md 8.
 */
import { bytesToHex, LruMap } from "@parahost/base";
import { BARE_V4, MultiAddress, MultiSignature } from "@parahost/primitives";
import { encode, type TypeDescription } from "@parahost/scale";
import {
  moduleName,
  type Pallet,
  pascalCase,
  type State,
  type StorageEntry as StorageDeclaration,
  snakeCase,
} from "../framework/index.ts";
import { PALLETS, RuntimeCall, RuntimeEvent } from "../runtime.ts";
import { API_VERSIONS, type ApiName } from "../version.ts";
import { describeExtensions, extraType, extrinsicType } from "./extrinsic.ts";
import {
  type Constant,
  METADATA_MAGIC,
  Metadata,
  type PortableType,
  type SignedExtension,
  type StorageEntry,
} from "./layout.ts";
import { TypeRegistry } from "./registry.ts";
import type { RuntimeApi } from "./runtime-api.ts";
import { METADATA_VERSIONS, RUNTIME_APIS } from "./runtime-apis.ts";

export type MetadataVersion = (typeof METADATA_VERSIONS)[number];

const pallets = PALLETS as unknown as readonly Pallet[];

// Descriptions

/** What all versions have in common: everything but the values of constants. */
interface Description {
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
  /** By name, as declared; the values come with a state. */
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

let described: Description | undefined;

function description(): Description {
  described ??= describe();
  return described;
}

function describe(): Description {
  const registry = new TypeRegistry();
  const palletDescriptions = pallets.map((pallet) => describePallet(registry, pallet));
  return {
    pallets: palletDescriptions,
    outerEnums: {
      call: registry.add(RuntimeCall.type),
      event: registry.add(RuntimeEvent.type),
      error: registry.add(runtimeErrorType()),
    },
    extrinsic: {
      type: registry.add(extrinsicType()),
      address: registry.add(MultiAddress.type),
      signature: registry.add(MultiSignature.type),
      extra: registry.add(extraType()),
      extensions: describeExtensions().map(({ identifier, type, implicit }) => ({
        identifier,
        type: registry.add(type),
        implicit: registry.add(implicit),
      })),
    },
    apis: Object.entries(RUNTIME_APIS).map(([name, api]) =>
      describeApi(registry, name as ApiName, api),
    ),
    runtime: registry.add({ kind: "composite", path: ["parahost_runtime", "Runtime"], fields: [] }),
    // Last: the list is complete once everything else has been described.
    types: registry.types(),
  };
}

const lines = (docs: string): string[] => (docs === "" ? [] : docs.split("\n"));

function describePallet(registry: TypeRegistry, pallet: Pallet): PalletDescription {
  const { name, index, docs, storage, callCodec, events, errors, constants } = pallet;
  return {
    name,
    index,
    docs: lines(docs),
    storage:
      storage.length === 0
        ? undefined
        : { prefix: name, items: storage.map((entry) => describeStorage(registry, entry)) },
    calls: callCodec && registry.add(callCodec.type),
    events: events && registry.add(events.codec.type),
    errors: errors.length === 0 ? undefined : registry.add(errorType(pallet)),
    constants: Object.entries(constants).map(([constant, { codec, docs: said }]) => ({
      name: constant,
      type: registry.add(codec.type),
      docs: lines(said),
    })),
  };
}

function describeStorage(registry: TypeRegistry, entry: StorageDeclaration): StorageEntry {
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

function errorType({ name, errors }: Pallet): TypeDescription {
  return {
    kind: "variant",
    path: [moduleName(name), "pallet", "Error"],
    variants: errors.map((error, index) => ({ name: pascalCase(error), index, fields: [] })),
  };
}

/** An error of any pallet. */
function runtimeErrorType(): TypeDescription {
  return {
    kind: "variant",
    path: ["parahost_runtime", "RuntimeError"],
    variants: pallets
      .filter(({ errors }) => errors.length > 0)
      .map((pallet) => ({
        name: pallet.name,
        index: pallet.index,
        fields: [{ type: errorType(pallet) }],
      })),
  };
}

function describeApi(registry: TypeRegistry, name: ApiName, api: RuntimeApi): ApiDescription {
  return {
    name,
    version: API_VERSIONS[name],
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
type ConstantValues = readonly (readonly Uint8Array[])[];

function constantValues(state: State): ConstantValues {
  return pallets.map(({ constants }) =>
    Object.values(constants).map(({ codec, value }) => encode(codec, value(state))),
  );
}

const TRANSACTION_VERSION = BARE_V4;
const NOT_DEPRECATED = { type: "notDeprecated" } as const;

/** The metadata of this version, with the constants of the network whose state this is. */
export function runtimeMetadata(state: State, version: MetadataVersion): Metadata {
  return { magic: METADATA_MAGIC, body: bodyOf(version, constantValues(state)) };
}

function bodyOf(version: MetadataVersion, values: ConstantValues): Metadata["body"] {
  const { types, extrinsic, apis, outerEnums, runtime } = description();
  const { type, address, signature, extra, extensions } = extrinsic;
  const custom = new Map();
  const withConstants = description().pallets.map((pallet, position) => ({
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

// Encoded

/** Encoded metadata of the networks that were asked about, by version and values of constants. */
const encoded = new LruMap<string, Uint8Array>(12);

/** As `runtimeMetadata`, encoded, for any version: `undefined` for one that there is not. */
export function encodedMetadata(state: State, version: number): Uint8Array | undefined {
  const known = METADATA_VERSIONS.find((candidate) => candidate === version);
  if (known === undefined) return undefined;
  const values = constantValues(state);
  const key = `${known} ${values.map((of) => of.map(bytesToHex).join()).join(";")}`;
  const found = encoded.get(key);
  if (found !== undefined) return found;
  const bytes = encode(Metadata, { magic: METADATA_MAGIC, body: bodyOf(known, values) });
  encoded.set(key, bytes);
  return bytes;
}
