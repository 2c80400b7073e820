/** `parahost query <Pallet.Item> [keys...]`: any item of the state, by its name in the metadata. */
import type { Hex } from "@parahost/base";
import { hexToBytes } from "@parahost/base";
import { argument, LiveChain, type StorageEntry } from "../chain/chain.ts";
import type { Json } from "../chain/types.ts";
import { RpcFailure } from "../rpc-client.ts";

export interface QueryStorageOptions {
  readonly rpcPort: number;
  readonly at?: string;
  readonly limit: number;
  readonly json?: true;
}

/** Keys in one question: what nodes answer at most. */
const PAGE = 1000;

type Say = (line: string) => void;

/** Prints what is stored: one value, or every entry where keys are left open. */
export async function queryStorage(
  name: string | undefined,
  keys: readonly string[],
  options: QueryStorageOptions,
  say: Say,
): Promise<void> {
  const chain = await LiveChain.connect(options.rpcPort);
  if (name === undefined) return listPallets(chain, say);
  if (!name.includes(".")) return listItems(chain, name, say);
  const entry = chain.storage(name);
  const given = keys.map(argument);
  const key = chain.storageKey(entry, given);
  const at = await blockOf(chain, options.at);
  if (given.length === entry.keyTypes.length) {
    const stored = await chain.call<Hex | null>("state_getStorage", key, at);
    const bytes = stored ?? (entry.item.modifier.type === "default" ? undefined : null);
    const value =
      bytes === null
        ? null
        : chain.types.decode(
            entry.valueType,
            bytes === undefined ? entry.item.fallback : hexToBytes(bytes),
          );
    say(
      options.json === true ? JSON.stringify({ value, isStored: stored !== null }) : shown(value),
    );
    return;
  }
  await listEntries(chain, entry, key, at, options, say);
}

async function listEntries(
  chain: LiveChain,
  entry: StorageEntry,
  prefix: Hex,
  at: Hex,
  { limit, json }: QueryStorageOptions,
  say: Say,
): Promise<void> {
  let after: Hex = prefix;
  for (let told = 0; told < limit; ) {
    const keys = await chain.call<Hex[]>(
      "state_getKeysPaged",
      prefix,
      Math.min(PAGE, limit - told),
      after,
      at,
    );
    const last = keys.at(-1);
    if (last === undefined) return;
    const [set] = await chain.call<readonly { changes: readonly (readonly [Hex, Hex | null])[] }[]>(
      "state_queryStorageAt",
      keys,
      at,
    );
    for (const [key, stored] of set?.changes ?? []) {
      if (stored === null) continue;
      const value = chain.types.decode(entry.valueType, hexToBytes(stored));
      const named = chain.keysAt(entry, key);
      say(
        json === true
          ? JSON.stringify({ keys: named, value })
          : `${named.map(shown).join(" ")}: ${shown(value)}`,
      );
    }
    told += keys.length;
    after = last;
  }
}

/** A block by its hash, its number, or the best one. */
export async function blockOf(chain: LiveChain, named: string | undefined): Promise<Hex> {
  if (named !== undefined && /^0x[0-9a-f]{64}$/i.test(named)) return named as Hex;
  if (named !== undefined && !/^\d+$/.test(named))
    throw new RpcFailure(`${named} is neither a block's number nor its hash`);
  const hash = await chain.call<Hex | null>(
    "chain_getBlockHash",
    ...(named === undefined ? [] : [Number(named)]),
  );
  if (hash === null) throw new RpcFailure(`there is no block ${named} yet`);
  return hash;
}

const shown = (value: Json): string =>
  typeof value === "string" ? value : value === null ? "nothing" : JSON.stringify(value);

function listPallets(chain: LiveChain, say: Say): void {
  for (const { name, storage, docs } of chain.pallets)
    if (storage !== undefined)
      say(`${name.padEnd(24)} ${String(storage.items.length).padStart(3)} items  ${docs[0] ?? ""}`);
  say('\n"parahost query <Pallet>" lists the items of one.');
}

function listItems(chain: LiveChain, name: string, say: Say): void {
  const pallet = chain.pallet(name);
  for (const item of pallet.storage?.items ?? []) {
    const { keyTypes, valueType } = chain.storage(`${pallet.name}.${item.name}`);
    const keys = keyTypes.map((type) => ` <${chain.types.nameOf(type)}>`).join("");
    say(`${pallet.name}.${item.name}${keys}: ${chain.types.nameOf(valueType)}`);
    for (const line of item.docs) say(`    ${line.trim()}`);
  }
}
