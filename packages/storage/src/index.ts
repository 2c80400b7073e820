export { lockDirectory } from "./directory-lock.ts";
export { LmdbStore } from "./lmdb-store.ts";
export { MemoryStore } from "./memory-store.ts";
export {
  type Migration,
  type OpenStoreOptions,
  openStore,
  type StoreSchema,
} from "./open-store.ts";
export {
  type Change,
  type Entry,
  KEY_BYTES_MAX,
  type KeyValueStore,
  prefixEnd,
  withPrefix,
} from "./port.ts";
export { type SuiteColumn, type SuiteRunner, storeSuite } from "./store-suite.ts";
