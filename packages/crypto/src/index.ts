export { decodeBase58, encodeBase58 } from "./base58.ts";
export {
  entropyToPhrase,
  miniSecretFromEntropy,
  type PhraseError,
  phraseToEntropy,
  seedFromEntropy,
} from "./bip39.ts";
export { CachingVerifier } from "./caching-verifier.ts";
export {
  type EcdsaOverflow,
  type EcdsaPair,
  type EcdsaRecoverError,
  ecdsaPairFromSecret,
  ecdsaPublicKey,
  ecdsaRecover,
  ecdsaSign,
  ecdsaSignPrehashed,
  ecdsaUncompress,
  ecdsaVerify,
  ecdsaVerifyPrehashed,
  isEcdsaSecret,
} from "./ecdsa.ts";
export {
  type Ed25519Pair,
  ed25519PairFromSeed,
  ed25519PublicKey,
  ed25519Sign,
  ed25519Verify,
  isEd25519PublicKey,
} from "./ed25519.ts";
export {
  blake2b64,
  blake2b128,
  blake2b256,
  blake2b256Concat,
  blake2b256Hex,
  blake2b512,
  keccak256,
  keccak512,
  sha256,
  twox64,
  twox128,
  twox256,
} from "./hash.ts";
export { type KeyPair, type SignatureScheme, signWithPair } from "./key-pair.ts";
export {
  generateKey,
  KEY_TYPES,
  type Keystore,
  type KeyTypeId,
  MemoryKeystore,
} from "./keystore.ts";
export {
  DEVELOPMENT_PHRASE,
  ecdsaPairFromUri,
  ed25519PairFromUri,
  type Junction,
  junctionChainCode,
  pairFromUri,
  parseSecretUri,
  type SecretUri,
  type SecretUriError,
  secretSeed,
  sr25519PairFromUri,
} from "./secret-uri.ts";
export {
  isSr25519PublicKey,
  type Sr25519Pair,
  sr25519Agree,
  sr25519PairFromSecret,
  sr25519PairFromSeed,
  sr25519PublicKey,
  sr25519Sign,
  sr25519Verify,
  sr25519VerifyDeprecated,
} from "./sr25519.ts";
export {
  sr25519HardChild,
  sr25519SoftChild,
  sr25519SoftChildPublicKey,
} from "./sr25519-derivation.ts";
export { type Ss58Error, ss58Decode, ss58Encode } from "./ss58.ts";
export { type StorageHasher, type StorageHasherName, storageHasher } from "./storage-hasher.ts";
export { Transcript } from "./transcript.ts";
export {
  DirectVerifier,
  type SignatureItem,
  type SignatureVerifier,
  verifySignature,
} from "./verifier.ts";
export {
  makeBytes,
  type VrfInOut,
  type VrfItem,
  type VrfSignature,
  vrfInOut,
  vrfSign,
  vrfVerify,
  vrfVerifyAll,
} from "./vrf.ts";
