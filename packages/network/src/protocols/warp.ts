/**
 * `sync/warp`: the justified blocks with which authority sets ended, so that a node can follow the sets
 * to the present without the blocks between. Reference: consensus 7.9.
 */
import { GrandpaJustification, Hash } from "@parahost/primitives";
import { bool, type Codec, struct, type ValueOf, vec } from "@parahost/scale";
import type { RequestProtocol } from "../port.ts";
import { ForeignHeader } from "./foreign-header.ts";
import { type ChainIdentity, MIB, protocolName } from "./names.ts";

/** Fragments are added to an answer until they are about this large. */
export const WARP_BYTES_SOFT_MAX: number = 8 * MIB;
const FRAGMENTS_MAX = 8_192;

/** The hash of the block that the asker has finalized. */
export const WarpRequest: Codec<Hash> = Hash;

export const WarpFragment = struct({
  header: ForeignHeader,
  justification: GrandpaJustification,
});
export type WarpFragment = ValueOf<typeof WarpFragment>;

export const WarpResponse = struct({
  fragments: vec(WarpFragment, FRAGMENTS_MAX),
  /** Whether the last one is as new as what the sender has finalized. */
  isFinished: bool,
});
export type WarpResponse = ValueOf<typeof WarpResponse>;

export function warpProtocol(chain: ChainIdentity): RequestProtocol {
  return {
    name: protocolName(chain, "sync/warp"),
    requestBytesMax: 32,
    responseBytesMax: 16 * MIB,
    timeoutMs: 10_000,
    inboundMax: 8,
  };
}
