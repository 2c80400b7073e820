/**
 * One relay chain block as the observer judges it: what its author put into it, what the chain claims to
 * have happened in it, and the states around it.
 */
import { assert, expectOk } from "@parahost/base";
import type {
  CandidateEvent,
  Hash,
  Header,
  OpaqueExtrinsic,
  ParachainsInherentData,
} from "@parahost/primitives";
import { decodeExtrinsic } from "@parahost/runtime";
import type { RelayState } from "./relay-state.ts";

export interface ObservedBlock {
  readonly hash: Hash;
  readonly header: Header;
  /** BABE slot of the block. */
  readonly slot: number;
  /** The state that the block was executed on: session, keys, groups, cores. */
  readonly before: RelayState;
  /** The state that it left. */
  readonly after: RelayState;
  readonly inherent: Pick<ParachainsInherentData, "bitfields" | "backedCandidates">;
  /** What became of candidates, as the chain's own events say. */
  readonly claims: readonly CandidateEvent[];
}

/** The parachains' inherent of a block; every block has exactly one. */
export function parachainsInherent(body: readonly OpaqueExtrinsic[]): ParachainsInherentData {
  const inherents = body.flatMap((extrinsic) => {
    const { call } = expectOk(decodeExtrinsic(extrinsic), "an imported extrinsic");
    if (call.type !== "paraInherent" || call.value.type !== "enter") return [];
    return [(call.value.value as { readonly data: ParachainsInherentData }).data];
  });
  const [inherent, ...more] = inherents;
  assert(inherent !== undefined && more.length === 0, `${inherents.length} parachain inherents`);
  return inherent;
}
