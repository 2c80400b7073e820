export { Blake2bKernel } from "./blake2b.ts";
export { type ErasureExports, instantiateErasure } from "./erasure.ts";
export { type Claim, type Point, Sr25519Kernel, type VrfClaim } from "./sr25519.ts";
