export {
  type ApplyError,
  applyExtrinsic,
  type BlockError,
  type BlockOpening,
  executeBlock,
  finalizeBlock,
  initializeBlock,
  validateTransaction,
} from "./executive.ts";
export {
  type AnyRuntimeCall,
  type AnyRuntimeEvent,
  bindVerifier,
  DispatchError,
  type DispatchResult,
  EventRecord,
  InvalidTransaction,
  Phase,
  type State,
  TransactionValidityError,
  UnknownTransaction,
  type ValidTransaction,
  Weight,
} from "./framework/index.ts";
export {
  type ChainInfo,
  type ChainSpec,
  type ChainSpecError,
  parseChainSpec,
  plainChainSpec,
  rawChainSpec,
} from "./genesis/chain-spec.ts";
export {
  developmentAccount,
  developmentKeys,
  developmentUri,
  developmentValidator,
  type LocalNetwork,
  localGenesis,
} from "./genesis/development.ts";
export {
  buildGenesis,
  CHAIN_PROPERTIES,
  type Genesis,
  type GenesisConfig,
  type GenesisError,
  type GenesisPara,
  tryBuildGenesis,
  writeGenesis,
} from "./genesis/genesis.ts";
export { buildState, getPreset, presetNames } from "./genesis/presets.ts";
export type { GenesisStaker, GenesisStaking, StakingGenesisError } from "./genesis/staking.ts";
export {
  checkInherents,
  type InherentData,
  type InherentError,
  inherentExtrinsics,
} from "./inherents.ts";
export {
  type ApiMethod,
  callRuntimeApi,
  describeRuntime,
  encodedMetadata,
  extrinsicType,
  FeeDetails,
  lightCode,
  METADATA_VERSIONS,
  Metadata,
  type MetadataVersion,
  metadataOf,
  method,
  methodOrTrap,
  OpaqueMetadata,
  type PalletSource,
  PoolValidity,
  type PortableType,
  type RuntimeCallError,
  type RuntimeDescription,
  RuntimeDispatchInfo,
  type RuntimeHost,
  type RuntimeSource,
  runtimeFunctions,
  runtimeMetadata,
  sumOverPallets,
  TransactionSource,
  type TypeDefinition,
} from "./metadata/index.ts";
export type { ClaimError } from "./pallets/babe/pallet.ts";
export { slotTranscript } from "./pallets/babe/randomness.ts";
export { EXISTENTIAL_DEPOSIT, UNIT } from "./pallets/balances/storage.ts";
export { SessionKeys, SessionValidator, typedKeys } from "./pallets/session/keys.ts";
export {
  keysProofPayload,
  proveKeys,
  SessionKeysProof,
  schemeOfKey,
} from "./pallets/session/keys-proof.ts";
export { TREASURY_ACCOUNT } from "./pallets/treasury/account.ts";
export { PALLETS, RuntimeCall, RuntimeEvent } from "./runtime.ts";
export * as runtimeApi from "./runtime-api.ts";
export { nonceTag } from "./transaction/check.ts";
export {
  decodeExtrinsic,
  type Extrinsic,
  type ExtrinsicDecodeError,
  encodeBare,
  encodeSigned,
  SignedExtra,
  signingPayload,
} from "./transaction/extrinsic.ts";
export {
  accountOf,
  birthBlock,
  type Mortality,
  type SigningOptions,
  signExtrinsic,
} from "./transaction/sign.ts";
export { RUNTIME_VERSION, RuntimeVersion } from "./version.ts";
