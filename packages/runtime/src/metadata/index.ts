export { encodedMetadata, type MetadataVersion, runtimeMetadata } from "./generate.ts";
export { Metadata, type PortableType, type TypeDefinition } from "./layout.ts";
export { lightCode } from "./light-code.ts";
export { METADATA_VERSIONS } from "./runtime-apis.ts";
export { callRuntimeApi, type RuntimeCallError, runtimeFunctions } from "./runtime-calls.ts";
