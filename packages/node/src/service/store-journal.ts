/** What consensus writes down before it signs, in the node's store. */
import type { Journal } from "@parahost/consensus";
import type { KeyValueStore } from "@parahost/storage";

export type JournalColumn = "journal";

/** Every write is durable before it returns. */
export function storeJournal(store: KeyValueStore<JournalColumn>): Journal {
  return {
    get: (key) => store.get("journal", key),
    put: (key, value) => store.write([{ column: "journal", key, value }], { durable: true }),
  };
}
