/** Which runtime this is. Reference: json-rpc-and-metadata.md 5.4, 7. */
import { asciiBytes } from "@parahost/base";
import { blake2b64 } from "@parahost/crypto";
import { fixedBytes, str, struct, tuple, u8, u32, type ValueOf, vec } from "@parahost/scale";

export const RuntimeVersion = struct(
  {
    specName: str,
    implName: str,
    authoringVersion: u32,
    /** Changes whenever the meaning of a block may change. */
    specVersion: u32,
    implVersion: u32,
    /** First eight bytes of BLAKE2b-64 of an API's name, and its version. */
    apis: vec(tuple(fixedBytes(8), u32)),
    /** Changes whenever a signed transaction would mean something else. */
    transactionVersion: u32,
    /** 1: state trie of version 1, extrinsics trie of version 0. */
    systemVersion: u8,
  },
  ["sp_version", "RuntimeVersion"],
);
export type RuntimeVersion = ValueOf<typeof RuntimeVersion>;

/** The runtime APIs that answer encoded calls, with the versions that clients know them by. */
export const API_VERSIONS = {
  Core: 5,
  Metadata: 2,
  BlockBuilder: 6,
  TaggedTransactionQueue: 3,
  AccountNonceApi: 1,
  TransactionPaymentApi: 4,
  BabeApi: 2,
  GrandpaApi: 3,
  ParachainHost: 14,
  AuthorityDiscoveryApi: 1,
  SessionKeys: 1,
  StakingApi: 1,
  GenesisBuilder: 1,
} as const;
export type ApiName = keyof typeof API_VERSIONS;

export const RUNTIME_VERSION: RuntimeVersion = {
  specName: "parahost",
  implName: "parahost",
  authoringVersion: 0,
  specVersion: 1_000,
  implVersion: 0,
  apis: Object.entries(API_VERSIONS).map(([name, version]) => [
    blake2b64(asciiBytes(name)),
    version,
  ]),
  transactionVersion: 1,
  systemVersion: 1,
};
