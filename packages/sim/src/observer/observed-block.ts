/**
 * One relay chain block as the observer judges it: what its author put into it, what the chain claims to
 * have happened in it, and the states around it.
 */
import { assert, expectOk } from "@parahost/base";
import type { RelayNode } from "@parahost/node/service/node";
import type {
  CandidateEvent,
  Hash,
  Header,
  OpaqueExtrinsic,
  ParachainsInherentData,
} from "@parahost/primitives";
import { decodeExtrinsic, runtimeApi } from "@parahost/runtime";
import { type RelayState, readRelayState } from "./relay-state.ts";

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

/** What a node tells of a block that it has just imported. */
export type ImportedEvent = Extract<
  Parameters<Parameters<RelayNode["chain"]["subscribe"]>[0]>[0],
  { readonly type: "imported" }
>;

/** The block behind the event, from the node that tells of it. */
export function observeBlock(
  { chain, states }: Pick<RelayNode, "chain" | "states">,
  { block: { hash, number }, header, preDigest }: ImportedEvent,
): ObservedBlock {
  const before = states.view(header.parentHash);
  const after = states.view(hash);
  const body = chain.body(hash);
  assert(
    before !== undefined && after !== undefined && body !== undefined,
    `block ${number} was imported without its states or its body`,
  );
  return {
    hash,
    header,
    slot: preDigest.value.slot,
    before: readRelayState(before),
    after: readRelayState(after),
    inherent: parachainsInherent(body),
    claims: runtimeApi.candidateEvents(after),
  };
}

/** The parachains' inherent of a block; every block has exactly one. */
function parachainsInherent(body: readonly OpaqueExtrinsic[]): ParachainsInherentData {
  const inherents = body.flatMap((extrinsic) => {
    const { call } = expectOk(decodeExtrinsic(extrinsic), "an imported extrinsic");
    if (call.type !== "paraInherent" || call.value.type !== "enter") return [];
    return [(call.value.value as { readonly data: ParachainsInherentData }).data];
  });
  const [inherent, ...more] = inherents;
  assert(inherent !== undefined && more.length === 0, `${inherents.length} parachain inherents`);
  return inherent;
}
