export {
  FeeDetails,
  OpaqueMetadata,
  RuntimeDispatchInfo,
  TransactionSource,
  ValidTransaction as PoolValidity,
} from "./api-types.ts";
export {
  describeRuntime,
  METADATA_VERSIONS,
  type MetadataVersion,
  metadataOf,
  type PalletSource,
  type RuntimeDescription,
  type RuntimeSource,
  sumOverPallets,
} from "./describe.ts";
export { extrinsicType } from "./extrinsic.ts";
export { encodedMetadata, runtimeMetadata } from "./generate.ts";
export { Metadata, type PortableType, type TypeDefinition } from "./layout.ts";
export { lightCode } from "./light-code.ts";
export { type ApiMethod, method, methodOrTrap, type RuntimeHost } from "./runtime-api.ts";
export { callRuntimeApi, type RuntimeCallError, runtimeFunctions } from "./runtime-calls.ts";
