/**
 * What code says about itself to clients: its version, and its metadata. It stands in a custom section of the code, so
 * that whoever has the code can read it: after an upgrade as before. Any language's code may have it.
 *
 * The section `parahost:description` is `ChainDescription`, encoded and compressed as code is.
 */
import { asciiBytes, concatBytes } from "@parahost/base";
import { blake2b64 } from "@parahost/crypto";
import { compressBlob } from "@parahost/executor";
import { OpaqueExtrinsic } from "@parahost/primitives";
import {
  describeRuntime,
  extrinsicType,
  METADATA_VERSIONS,
  Metadata,
  metadataOf,
  RuntimeVersion,
} from "@parahost/runtime";
import { bytes, encode, struct, tuple, u32, type ValueOf, vec } from "@parahost/scale";
import type { ChainSchema } from "../schema/chain.ts";
import { chainApis } from "./chain-apis.ts";
import { constantsOf, describeChain } from "./describe-chain.ts";

export const DESCRIPTION_SECTION = "parahost:description";

export const ChainDescription = struct({
  version: RuntimeVersion,
  /** Encoded, by its own version. */
  metadata: vec(tuple(u32, bytes())),
});
export type ChainDescription = ValueOf<typeof ChainDescription>;

/** Of a declared chain. */
export function chainDescription(schema: ChainSchema): ChainDescription {
  const apis = chainApis({
    ...OpaqueExtrinsic,
    type: { kind: "lazy", get: () => extrinsicType(chain.call) },
  });
  const version: RuntimeVersion = {
    specName: schema.name,
    implName: "parahost-kit",
    authoringVersion: 1,
    specVersion: schema.specVersion,
    implVersion: 0,
    apis: Object.entries(apis).map(([name, api]) => [blake2b64(asciiBytes(name)), api.version]),
    transactionVersion: schema.transactionVersion,
    systemVersion: 1,
  };
  const chain = describeChain(schema, version);
  const description = describeRuntime({ ...chain, apis });
  const constants = constantsOf(schema, version);
  return {
    version,
    metadata: METADATA_VERSIONS.map((known) => [
      known,
      encode(Metadata, metadataOf(description, known, constants)),
    ]),
  };
}

/** The code, with the section behind it. */
export function withDescription(wasm: Uint8Array, schema: ChainSchema): Uint8Array {
  const name = asciiBytes(DESCRIPTION_SECTION);
  const content = compressBlob(encode(ChainDescription, chainDescription(schema)));
  const body = concatBytes(leb(name.length), name, content);
  return concatBytes(wasm, Uint8Array.of(CUSTOM_SECTION), leb(body.length), body);
}

const CUSTOM_SECTION = 0;

/** Unsigned LEB128. */
function leb(value: number): Uint8Array {
  const out: number[] = [];
  for (let rest = value; ; rest >>>= 7) {
    if (rest < 0x80) return Uint8Array.of(...out, rest);
    out.push((rest & 0x7f) | 0x80);
  }
}
