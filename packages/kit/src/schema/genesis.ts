/** The state with which a chain begins, from its declaration and the author's wishes. */
import { assert, bytesToHex, concatBytes, type Hex, hexToBytes } from "@parahost/base";
import type { ParaId } from "@parahost/primitives";
import { encode, u32, u128 } from "@parahost/scale";
import { AccountInfo } from "./base-pallets.ts";
import { type ChainSchema, HASHERS, type StorageSchema, storagePrefix } from "./chain.ts";

export interface GenesisConfig {
  readonly paraId: ParaId;
  readonly balances: readonly (readonly [account: Hex, amount: bigint])[];
  /**
   * Values of storage items by pallet and item: a value as it is, a map as a list of its keys and the value
   * (`[key, value]`, `[key1, key2, value]`), a set as a list of its keys.
   */
  readonly storage?: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
}

export type GenesisEntries = readonly (readonly [key: Hex, value: Uint8Array])[];

/** The flag of the newer rules for balances, which every account has. */
const NEW_LOGIC = 1n << 127n;

export function genesisEntries(schema: ChainSchema, config: GenesisConfig): GenesisEntries {
  const entries = new Map<Hex, Uint8Array>();
  const put = (key: Uint8Array, value: Uint8Array): void => {
    entries.set(bytesToHex(key), value);
  };
  put(storagePrefix("ParachainInfo", "parachainId"), encode(u32, config.paraId));
  let issuance = 0n;
  for (const [account, free] of config.balances) {
    assert(
      free >= schema.token.existentialDeposit,
      `${account} begins with ${free}, less than the existential deposit`,
    );
    issuance += free;
    const id = hexToBytes(account);
    put(
      concatBytes(storagePrefix("System", "account"), HASHERS.blake2_128Concat(id)),
      encode(AccountInfo, {
        nonce: 0,
        consumers: 0,
        providers: 1,
        sufficients: 0,
        data: { free, reserved: 0n, frozen: 0n, flags: NEW_LOGIC },
      }),
    );
  }
  put(storagePrefix("Balances", "totalIssuance"), encode(u128, issuance));
  for (const [pallet, items] of Object.entries(config.storage ?? {}))
    for (const [item, given] of Object.entries(items)) {
      const declared = schema.pallets[pallet]?.storage?.[item];
      assert(declared !== undefined, `${schema.name} has no storage ${pallet}.${item}`);
      for (const [key, value] of encoded(storagePrefix(pallet, item), declared, given))
        put(key, value);
    }
  return [...entries];
}

function encoded(
  prefix: Uint8Array,
  { keys, value }: StorageSchema,
  given: unknown,
): (readonly [Uint8Array, Uint8Array])[] {
  const [only] = keys;
  if (only === undefined && value !== undefined) return [[prefix, encode(value, given)]];
  assert(Array.isArray(given), "entries of a map are a list");
  return given.map((entry: unknown) => {
    const parts = keys.length === 1 && value === undefined ? [entry] : (entry as unknown[]);
    const hashed = keys.map(({ hasher, codec }, index) =>
      HASHERS[hasher](encode(codec, parts[index])),
    );
    return [
      concatBytes(prefix, ...hashed),
      value === undefined ? new Uint8Array() : encode(value, parts[keys.length]),
    ];
  });
}
