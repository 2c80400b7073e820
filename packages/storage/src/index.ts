export { MemoryStore } from "./memory-store.ts";
export { type Change, type Entry, type KeyValueStore, prefixEnd, withPrefix } from "./port.ts";
export { type SuiteColumn, type SuiteRunner, storeSuite } from "./store-suite.ts";
