/**
 * What clients are told of a declared chain: the pallets that every chain of the kit has, then the author's, with the
 * indices that the guest library writes.
 *
 * Reference: json-rpc-and-metadata.md 8.
 */
import {
  type ChainSchema,
  type EventSchema,
  type PalletSchema,
  palletsOf,
  type StorageSchema,
} from "@parahost/kit/schema";
import { Hash } from "@parahost/primitives";
import { type PalletSource, Phase, type RuntimeSource, sumOverPallets } from "@parahost/runtime";
import { encode, type FieldDescription, struct, type TypeDescription } from "@parahost/scale";

/** A declared chain, without its APIs. */
export function describeChain(schema: ChainSchema): Omit<RuntimeSource, "apis"> {
  const crate = `${snakeCase(schema.name)}_runtime`;
  const declared = Object.entries(palletsOf(schema));
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

/** Values of the author's constants, by pallet in declared order. */
export const constantsOf = (schema: ChainSchema): readonly (readonly Uint8Array[])[] =>
  Object.values(palletsOf(schema)).map(({ constants = {} }) =>
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
