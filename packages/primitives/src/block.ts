/** Blocks and what proves them final. Reference: consensus 1.4, 1.5. */
import { bytes, struct, type ValueOf, vec } from "@parahost/scale";
import { EngineData, type EngineId } from "./digest.ts";
import { Header } from "./header.ts";

/** One extrinsic without its length prefix, which the body's codec adds: see `extrinsic.ts`. */
export const OpaqueExtrinsic = bytes();
export type OpaqueExtrinsic = ValueOf<typeof OpaqueExtrinsic>;

/** Inherents first. */
export const Body = vec(OpaqueExtrinsic);
export type Body = ValueOf<typeof Body>;

export const Block = struct({ header: Header, extrinsics: Body }, [
  "sp_runtime",
  "generic",
  "block",
  "Block",
]);
export type Block = ValueOf<typeof Block>;

/** At most one per engine. */
export const Justifications = vec(EngineData);
export type Justifications = ValueOf<typeof Justifications>;

/** The justification by one engine, such as GRANDPA's. */
export function justificationBy(
  justifications: Justifications,
  engine: EngineId,
): Uint8Array | undefined {
  return justifications.find((entry) => entry.engine === engine)?.data;
}
