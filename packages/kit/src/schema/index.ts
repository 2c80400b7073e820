export { AccountId, Balance, Hash, MultiAddress } from "@parahost/primitives";
export { developmentAccount } from "@parahost/runtime";
export {
  bool,
  bytes,
  compactU32,
  compactU128,
  fixedBytes,
  option,
  str,
  struct,
  u8,
  u16,
  u32,
  u64,
  u128,
  variant,
  vec,
} from "@parahost/scale";
export { AccountInfo, palletsOf } from "./base-pallets.ts";
export {
  blake2_128Concat,
  type CallSchema,
  type ChainSchema,
  call,
  constant,
  declareChain,
  type EventSchema,
  error,
  event,
  type FeeSchema,
  identity,
  map,
  type PalletSchema,
  type StorageSchema,
  set,
  type TokenSchema,
  twox64Concat,
  value,
} from "./chain.ts";
export { type GenesisConfig, type GenesisEntries, genesisEntries } from "./genesis.ts";
export {
  type ChainEvent,
  failureName,
  readEvents,
  readStorage,
  type StateLookup,
  storageKey,
} from "./state-view.ts";
export {
  encodeCall,
  type NamedCall,
  signTransaction,
  type TransactionOptions,
} from "./transaction.ts";
