/**
 * What clients are told of a declared chain: the pallets that every chain of the kit has, then the author's, with the
 * indices that the guest library writes.
 *
 * Reference: json-rpc-and-metadata.md 8.
 */
import { Balance, Hash } from "@parahost/primitives";
import {
  type PalletSource,
  Phase,
  type RuntimeSource,
  RuntimeVersion,
  sumOverPallets,
} from "@parahost/runtime";
import {
  encode,
  type FieldDescription,
  struct,
  type TypeDescription,
  u16,
  u32,
} from "@parahost/scale";
import { palletsOf } from "../schema/base-pallets.ts";
import {
  type ChainSchema,
  constant,
  type EventSchema,
  type PalletSchema,
  type StorageSchema,
} from "../schema/chain.ts";

/** Addresses of every chain of the kit begin with this. */
export const SS58_PREFIX = 42;
/** Hashes of this many blocks are in the state; as in the guest library. */
const BLOCK_HASH_COUNT = 256;

/** The chain's pallets, those of the kit with the constants that clients ask for. */
function palletsWithConstants(
  schema: ChainSchema,
  version: RuntimeVersion,
): [string, PalletSchema][] {
  const constants: Readonly<Record<string, PalletSchema["constants"]>> = {
    System: {
      blockHashCount: constant("Hashes of this many blocks are kept.", u32, BLOCK_HASH_COUNT),
      version: constant("Which code this is.", RuntimeVersion, version),
      sS58Prefix: constant("Addresses begin with this.", u16, SS58_PREFIX),
    },
    Balances: {
      existentialDeposit: constant(
        "An account with less than this does not exist.",
        Balance,
        schema.token.existentialDeposit,
      ),
    },
  };
  return Object.entries(palletsOf(schema)).map(([name, pallet]) => {
    const own = constants[name];
    return [name, own === undefined ? pallet : { ...pallet, constants: own }];
  });
}

/** A declared chain, without its APIs. */
export function describeChain(
  schema: ChainSchema,
  version: RuntimeVersion,
): Omit<RuntimeSource, "apis"> {
  const crate = `${snakeCase(schema.name)}_runtime`;
  const declared = palletsWithConstants(schema, version);
  const pallets = declared.map(([name, pallet]) => sourceOf(name, pallet));
  const event = sumOverPallets([crate, "RuntimeEvent"], pallets, (at) => pallets[at]?.events);
  return {
    crate,
    pallets: pallets.map((pallet) =>
      pallet.name === "System"
        ? { ...pallet, storage: [...pallet.storage, eventsOf(event)] }
        : pallet,
    ),
    call: sumOverPallets([crate, "RuntimeCall"], pallets, (at) => pallets[at]?.calls),
    event,
  };
}

/** Values of the constants, by pallet in declared order. */
export const constantsOf = (
  schema: ChainSchema,
  version: RuntimeVersion,
): readonly (readonly Uint8Array[])[] =>
  palletsWithConstants(schema, version).map(([, { constants = {} }]) =>
    Object.values(constants).map(({ codec, value }) => encode(codec, value)),
  );

function sourceOf(name: string, pallet: PalletSchema): PalletSource {
  const { index, docs = "", storage = {}, calls = {}, events = {}, errors = {} } = pallet;
  const crate = `pallet_${snakeCase(name)}`;
  const arms = Object.entries(calls).map(([call, { index: tag, docs: said, args }]) => ({
    name: snakeCase(call),
    index: tag,
    docs: [said],
    fields: fieldsOf(args),
  }));
  return {
    name,
    index,
    docs,
    storage: Object.entries(storage).map(([item, entry]) => storageOf(item, entry)),
    calls: sumOf([crate, "pallet", "Call"], arms),
    events: sumOf(
      [crate, "pallet", "Event"],
      Object.entries(events).map(([event, { index: tag, docs: said, fields }]) => ({
        name: pascalCase(event),
        index: tag,
        docs: [said],
        fields: fieldsOf(fields),
      })),
    ),
    errors: Object.entries(errors).map(([error, { index: tag, docs: said }]) => ({
      name: error,
      index: tag,
      docs: said,
    })),
    constants: Object.fromEntries(
      Object.entries(pallet.constants ?? {}).map(([constant, { docs: said, codec }]) => [
        pascalCase(constant),
        { docs: said, codec },
      ]),
    ),
  };
}

function sumOf(
  path: readonly string[],
  variants: Extract<TypeDescription, { kind: "variant" }>["variants"],
): TypeDescription | undefined {
  return variants.length === 0 ? undefined : { kind: "variant", path, variants };
}

function fieldsOf(codecs: EventSchema["fields"]): readonly FieldDescription[] {
  const { type } = struct(codecs);
  return type.kind === "composite" ? type.fields : [];
}

/** What is in a set reads as nothing at all. */
const UNIT: TypeDescription = { kind: "tuple", items: [] };

const storageOf = (
  item: string,
  { docs, keys, value, fallback }: StorageSchema,
): PalletSource["storage"][number] => ({
  item: pascalCase(item),
  docs,
  hashers: keys.map(({ hasher }) => hasher),
  keyTypes: keys.map(({ codec }) => codec.type),
  valueType: value?.type ?? UNIT,
  fallback,
});

/** `System.Events` of a chain with these events. */
function eventsOf(event: TypeDescription): PalletSource["storage"][number] {
  const record: TypeDescription = {
    kind: "composite",
    path: ["frame_system", "EventRecord"],
    params: [
      { name: "E", type: event },
      { name: "T", type: Hash.type },
    ],
    fields: [
      { name: "phase", type: Phase.type },
      { name: "event", type: event },
      { name: "topics", type: { kind: "sequence", of: Hash.type } },
    ],
  };
  return {
    item: "Events",
    docs: "What has happened in the block.",
    hashers: [],
    keyTypes: [],
    valueType: { kind: "sequence", of: record },
    fallback: new Uint8Array([0]),
  };
}

const pascalCase = (name: string): string => name.charAt(0).toUpperCase() + name.slice(1);

/** `transferKeepAlive`, `Balances` or `my-chain` with underscores. */
const snakeCase = (name: string): string =>
  (name.charAt(0).toLowerCase() + name.slice(1))
    .replaceAll("-", "_")
    .replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
