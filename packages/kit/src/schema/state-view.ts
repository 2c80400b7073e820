/** A chain's state by the names of its declaration: entries of its storage, and the events of a block. */
import { assert, bytesToHex, concatBytes, type Hex, hexToBytes } from "@parahost/base";
import { type DispatchError, Phase } from "@parahost/runtime";
import { compactU32, decode, encode, Reader, struct } from "@parahost/scale";
import { palletsOf } from "./base-pallets.ts";
import {
  type ChainSchema,
  HASHERS,
  pascalCase,
  type StorageSchema,
  storagePrefix,
} from "./chain.ts";

/** Looks a key up in the state after a block. */
export type StateLookup = (key: Hex) => Uint8Array | undefined;

/** The declaration of a storage item; throws for names that the chain does not have. */
export function storageOf(schema: ChainSchema, pallet: string, item: string): StorageSchema {
  const pallets = palletsOf(schema);
  const found = pallets[pallet]?.storage?.[item];
  assert(found !== undefined, `${schema.name} has no storage ${pallet}.${item}`);
  return found;
}

/** Key of an entry. */
export function storageKey(
  schema: ChainSchema,
  pallet: string,
  item: string,
  keys: readonly unknown[] = [],
): Hex {
  const declared = storageOf(schema, pallet, item);
  assert(
    keys.length === declared.keys.length,
    `${pallet}.${item} has ${declared.keys.length} keys, not ${keys.length}`,
  );
  const hashed = declared.keys.map(({ hasher, codec }, index) =>
    HASHERS[hasher](encode(codec, keys[index])),
  );
  return bytesToHex(concatBytes(storagePrefix(pallet, item), ...hashed));
}

/** The value there, or what an absent one reads as; of a set, whether the entry is in it. */
export function readStorage(
  schema: ChainSchema,
  lookup: StateLookup,
  pallet: string,
  item: string,
  keys: readonly unknown[] = [],
): unknown {
  const { value, fallback } = storageOf(schema, pallet, item);
  const stored = lookup(storageKey(schema, pallet, item, keys));
  if (value === undefined) return stored !== undefined;
  const bytes = stored ?? fallback;
  return bytes === undefined ? undefined : decode(value, bytes);
}

export interface ChainEvent {
  readonly pallet: string;
  readonly name: string;
  readonly fields: Readonly<Record<string, unknown>>;
  /** Position of the transaction that it belongs to, if it belongs to one. */
  readonly extrinsic: number | undefined;
}

const EVENTS_KEY = bytesToHex(storagePrefix("System", "events"));

/** The events of the block after which the state is this. */
export function readEvents(schema: ChainSchema, lookup: StateLookup): readonly ChainEvent[] {
  const stored = lookup(EVENTS_KEY);
  if (stored === undefined) return [];
  const pallets = Object.entries(palletsOf(schema));
  const reader = new Reader(stored);
  const count = compactU32.read(reader);
  const events: ChainEvent[] = [];
  for (let position = 0; position < count; position++) {
    const phase = Phase.read(reader);
    const [palletIndex, eventIndex] = [reader.u8(), reader.u8()];
    const [pallet, declared] = pallets.find(([, { index }]) => index === palletIndex) ?? [];
    const [name, event] =
      Object.entries(declared?.events ?? {}).find(([, { index }]) => index === eventIndex) ?? [];
    assert(
      pallet !== undefined && name !== undefined && event !== undefined,
      `${schema.name} does not declare the event ${palletIndex}.${eventIndex}`,
    );
    const fields = struct(event.fields).read(reader) as Readonly<Record<string, unknown>>;
    const topics = compactU32.read(reader);
    assert(topics === 0, "events of the kit have no topics");
    const extrinsic = phase.type === "applyExtrinsic" ? phase.value : undefined;
    events.push({ pallet, name, fields, extrinsic });
  }
  return events;
}

/** Why a call failed, by the names of the declaration: `Counter.TooLarge`, `token.fundsUnavailable`. */
export function failureName(schema: ChainSchema, failure: DispatchError): string {
  if (failure.type !== "module")
    return "value" in failure && typeof failure.value === "object" && "type" in failure.value
      ? `${failure.type}.${String(failure.value.type)}`
      : failure.type;
  const { index, error } = failure.value;
  const code = typeof error === "string" ? hexToBytes(error)[0] : error[0];
  for (const [pallet, declared] of Object.entries(schema.pallets)) {
    if (declared.index !== index) continue;
    const found = Object.entries(declared.errors ?? {}).find(([, { index: own }]) => own === code);
    if (found !== undefined) return `${pallet}.${pascalCase(found[0])}`;
  }
  return `module ${index}, error ${code}`;
}
