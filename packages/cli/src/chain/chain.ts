/** A running chain as its metadata describes it: what can be read, what can be called, and how to ask for it. */
import { asciiBytes, bytesToHex, concatBytes, type Hex, hexToBytes } from "@parahost/base";
import { blake2b128, blake2b256, twox64, twox128, twox256 } from "@parahost/crypto";
import { Metadata } from "@parahost/runtime";
import { bytes, option, Reader, tryDecode } from "@parahost/scale";
import { callRpc, RpcFailure } from "../rpc-client.ts";
import { ChainTypes, type Json, sameName, ValueError } from "./types.ts";

/** The version whose layout is read here. */
const METADATA_VERSION = 15;

type Body = Extract<Metadata["body"], { type: "v15" }>["value"];
type Pallet = Body["pallets"][number];
type StorageItem = NonNullable<Pallet["storage"]>["items"][number];
type Variant = {
  readonly name: string;
  readonly index: number;
  readonly docs: readonly string[];
  readonly fields: readonly { readonly name: string | undefined; readonly type: number }[];
};

const HASHERS: Readonly<Record<string, (key: Uint8Array) => Uint8Array>> = {
  blake2_128: blake2b128,
  blake2_256: blake2b256,
  blake2_128Concat: (key) => concatBytes(blake2b128(key), key),
  twox128,
  twox256,
  twox64Concat: (key) => concatBytes(twox64(key), key),
  identity: (key) => key,
};
/** Bytes before the key itself, where the key can be read back. */
const HASH_LENGTHS: Readonly<Record<string, number>> = {
  blake2_128Concat: 16,
  twox64Concat: 8,
  identity: 0,
};

export interface StorageEntry {
  readonly pallet: string;
  readonly item: StorageItem;
  readonly prefix: Hex;
  /** In the order of its keys. */
  readonly hashers: readonly string[];
  readonly keyTypes: readonly number[];
  readonly valueType: number;
}

export interface CallEntry {
  readonly pallet: Pallet;
  readonly call: Variant;
}

export class LiveChain {
  readonly port: number;
  readonly types: ChainTypes;
  readonly #body: Body;

  /** `connect` asks the node at the port for the metadata. */
  constructor(port: number, body: Body) {
    this.port = port;
    this.#body = body;
    this.types = new ChainTypes(body.types);
  }

  static async connect(port: number): Promise<LiveChain> {
    const version = new Uint8Array(4);
    version[0] = METADATA_VERSION;
    const answer = await callRpc<Hex>(port, "state_call", [
      "Metadata_metadata_at_version",
      bytesToHex(version),
    ]);
    const opaque = tryDecode(option(bytes()), hexToBytes(answer));
    const metadata =
      opaque.ok && opaque.value !== undefined ? tryDecode(Metadata, opaque.value) : undefined;
    if (metadata?.ok !== true || metadata.value.body.type !== "v15")
      throw new RpcFailure(`the node has no metadata of version ${METADATA_VERSION}`);
    return new LiveChain(port, metadata.value.body.value);
  }

  call<T>(method: string, ...params: readonly unknown[]): Promise<T> {
    return callRpc<T>(this.port, method, params);
  }

  // Names

  get pallets(): readonly Pallet[] {
    return this.#body.pallets;
  }

  pallet(name: string): Pallet {
    const found = this.pallets.find((pallet) => sameName(pallet.name, name));
    if (found !== undefined) return found;
    const names = this.pallets.map((pallet) => pallet.name).join(", ");
    throw new RpcFailure(`there is no pallet ${name}: there are ${names}`);
  }

  /** `Pallet.Item`. */
  storage(name: string): StorageEntry {
    const [palletName = "", itemName = ""] = name.split(".");
    const pallet = this.pallet(palletName);
    const items = pallet.storage?.items ?? [];
    const item = items.find((candidate) => sameName(candidate.name, itemName));
    if (item === undefined)
      throw new RpcFailure(
        `${pallet.name} stores no ${itemName}: it stores ${items.map((known) => known.name).join(", ") || "nothing"}`,
      );
    const prefix = bytesToHex(
      concatBytes(
        twox128(asciiBytes(pallet.storage?.prefix ?? pallet.name)),
        twox128(asciiBytes(item.name)),
      ),
    );
    const common = { pallet: pallet.name, item, prefix };
    if (item.type.type === "plain")
      return { ...common, hashers: [], keyTypes: [], valueType: item.type.value };
    const { hashers, key, value } = item.type.value;
    const { definition } = this.types.type(key);
    const keyTypes = hashers.length > 1 && definition.type === "tuple" ? definition.value : [key];
    return { ...common, hashers: hashers.map(({ type }) => type), keyTypes, valueType: value };
  }

  calls(pallet: Pallet): readonly Variant[] {
    if (pallet.calls === undefined) return [];
    const { definition } = this.types.type(pallet.calls);
    return definition.type === "variant" ? definition.value : [];
  }

  /** `Pallet.call`. */
  callEntry(name: string): CallEntry {
    const [palletName = "", callName = ""] = name.split(".");
    const pallet = this.pallet(palletName);
    const calls = this.calls(pallet);
    const call = calls.find((candidate) => sameName(candidate.name, callName));
    if (call !== undefined) return { pallet, call };
    throw new RpcFailure(
      `${pallet.name} has no call ${callName}: it has ${calls.map((known) => known.name).join(", ") || "none"}`,
    );
  }

  /** What a failed call's error is called, `Pallet.Error`, and what it says. */
  errorOf(index: number, error: number): { readonly name: string; readonly docs: string } {
    const pallet = this.pallets.find((candidate) => candidate.index === index);
    const definition =
      pallet?.errors === undefined ? undefined : this.types.type(pallet.errors).definition;
    const variant =
      definition?.type === "variant"
        ? definition.value.find((candidate) => candidate.index === error)
        : undefined;
    return {
      name: `${pallet?.name ?? index}.${variant?.name ?? error}`,
      docs: variant?.docs.join(" ").trim() ?? "",
    };
  }

  // Storage

  /** Where the entry of these keys, or of those that begin with them, lies. */
  storageKey(entry: StorageEntry, keys: readonly Json[]): Hex {
    const { hashers, keyTypes, item, prefix } = entry;
    if (keys.length > keyTypes.length)
      throw new ValueError(
        `${entry.pallet}.${item.name} has ${keyTypes.length} keys, not ${keys.length}`,
      );
    const parts = keys.map((key, index) => {
      const encoded = this.types.encode(keyTypes[index] ?? -1, key, `key ${index + 1}`);
      return (HASHERS[hashers[index] ?? ""] ?? unknownHasher)(encoded);
    });
    return bytesToHex(concatBytes(hexToBytes(prefix), ...parts));
  }

  /** The keys of an entry, from where it lies; those that only their hash is kept of are hex. */
  keysAt(entry: StorageEntry, storageKey: Hex): Json[] {
    const reader = new Reader(hexToBytes(storageKey).subarray(32));
    return entry.hashers.map((hasher, index) => {
      const length = HASH_LENGTHS[hasher];
      if (length === undefined)
        return bytesToHex(reader.view(hasher.endsWith("256") ? 32 : 16).slice());
      reader.view(length);
      return this.types.read(entry.keyTypes[index] ?? -1, reader);
    });
  }

  // Calls

  /** The encoded call with these arguments, in their order. */
  encodeCall({ pallet, call }: CallEntry, args: readonly Json[]): Uint8Array {
    if (args.length !== call.fields.length)
      throw new ValueError(
        `${this.signatureOf(pallet, call)} takes ${call.fields.length} arguments, not ${args.length}`,
      );
    const encoded = call.fields.map(({ name = "", type }, index) =>
      this.types.encode(type, args[index] ?? null, name),
    );
    return concatBytes(new Uint8Array([pallet.index, call.index]), ...encoded);
  }

  /** `Balances.transfer_keep_alive(dest: MultiAddress, value: u128)`. */
  signatureOf(pallet: Pallet, call: Variant): string {
    const args = call.fields.map(({ name, type }) => `${name}: ${this.types.nameOf(type)}`);
    return `${pallet.name}.${call.name}(${args.join(", ")})`;
  }
}

function unknownHasher(): never {
  throw new ValueError("the metadata names a hasher that is not known here");
}

/** An argument of the command line: JSON where it is, text otherwise. */
export function argument(text: string): Json {
  if (!/^[[{"]|^(null|true|false)$/.test(text)) return text;
  try {
    return JSON.parse(text) as Json;
  } catch {
    throw new ValueError(`${text} looks like JSON, and is none`);
  }
}
