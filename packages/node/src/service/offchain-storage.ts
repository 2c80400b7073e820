/** What off-chain workers and the node's owner keep on one node: apart from every block's state, and no part of consensus. */
import { asciiBytes, concatBytes } from "@parahost/base";
import { KEY_BYTES_MAX, type KeyValueStore } from "@parahost/storage";

export const OFFCHAIN_COLUMN = "offchain";

/** Before every key, as in Polkadot's nodes: what else may come here has other prefixes. */
const PREFIX: Uint8Array = asciiBytes("storage");

export const OFFCHAIN_KEY_BYTES_MAX: number = KEY_BYTES_MAX - PREFIX.length;
export const OFFCHAIN_VALUE_BYTES_MAX: number = 1024 * 1024;

/** Keys of at most `OFFCHAIN_KEY_BYTES_MAX` bytes, values of at most `OFFCHAIN_VALUE_BYTES_MAX`. */
export class OffchainStorage {
  readonly #store: KeyValueStore<typeof OFFCHAIN_COLUMN>;

  constructor(store: KeyValueStore<typeof OFFCHAIN_COLUMN>) {
    this.#store = store;
  }

  get(key: Uint8Array): Uint8Array | undefined {
    return this.#store.get(OFFCHAIN_COLUMN, concatBytes(PREFIX, key));
  }

  set(key: Uint8Array, value: Uint8Array): void {
    this.#store.write([{ column: OFFCHAIN_COLUMN, key: concatBytes(PREFIX, key), value }]);
  }

  clear(key: Uint8Array): void {
    this.#store.write([{ column: OFFCHAIN_COLUMN, key: concatBytes(PREFIX, key) }]);
  }
}
