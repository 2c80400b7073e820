/** Which runtime this is. Reference: json-rpc-and-metadata.md 5.4, 7. */
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

export const RUNTIME_VERSION: RuntimeVersion = {
  specName: "parahost",
  implName: "parahost",
  authoringVersion: 0,
  specVersion: 1_000,
  implVersion: 0,
  // Runtime APIs are functions of `runtime-api.ts`; an API is listed here once it answers encoded calls.
  apis: [],
  transactionVersion: 1,
  systemVersion: 1,
};
