/**
 * One relay chain block as the observer judges it: what its author put into it, what the chain claims to
 * have happened in it, and the states around it.
 */
import { assert, expectOk } from "@parahost/base";
import type { RelayNode } from "@parahost/node/service/node";
import {
  type AccountId,
  type BabeEquivocationProof,
  type BabeId,
  type CandidateEvent,
  type CandidateHash,
  type GrandpaEquivocationProof,
  type Hash,
  type Header,
  type ParachainsInherentData,
  type ScrapedOnChainVotes,
  type SessionIndex,
  type SessionInfo,
  supermajority,
  type ValidationCodeHash,
  type ValidatorId,
} from "@parahost/primitives";
import { type AnyRuntimeCall, decodeExtrinsic, runtimeApi, type State } from "@parahost/runtime";
import { onesOf } from "@parahost/scale";
import type { Penalty } from "./checkers/accountability.ts";
import { type RelayState, readRelayState, readSessionInfo } from "./relay-state.ts";

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
  readonly author: BabeId;
  /** Votes that the block brought, and the keys of the sessions that they are of. */
  readonly votes: ScrapedOnChainVotes | undefined;
  readonly sessionOf: (session: SessionIndex) => SessionInfo | undefined;
  /** Validation code that the state after the block has. */
  readonly codeOf: (hash: ValidationCodeHash) => Uint8Array | undefined;
  /** Candidates whose disputes the chain has seen lost. */
  readonly lost: ReadonlySet<CandidateHash>;
  /** Disputes that the chain holds to be over. */
  readonly concluded: readonly ConcludedDispute[];
  readonly penalties: readonly Penalty[];
  /** Keys of validators that may not work in the block's children. */
  readonly disabled: readonly ValidatorId[];
  readonly reports: readonly EquivocationReport[];
}

export interface ConcludedDispute {
  readonly candidate: CandidateHash;
  readonly votesFor: number;
  readonly votesAgainst: number;
  readonly voters: number;
}

const concludedDisputes = (state: State): ConcludedDispute[] =>
  runtimeApi.disputes(state).flatMap(({ candidateHash, state: its }) =>
    its.concludedAt === undefined
      ? []
      : [
          {
            candidate: candidateHash,
            votesFor: onesOf(its.validatorsFor).length,
            votesAgainst: onesOf(its.validatorsAgainst).length,
            voters: its.validatorsFor.length,
          },
        ],
  );

/** A proof in a block that somebody has signed twice. */
export type EquivocationReport =
  | { readonly type: "author"; readonly proof: BabeEquivocationProof }
  | { readonly type: "voter"; readonly proof: GrandpaEquivocationProof };

/** What a node tells of a block that it has just imported. */
export type ImportedEvent = Extract<
  Parameters<Parameters<RelayNode["chain"]["subscribe"]>[0]>[0],
  { readonly type: "imported" }
>;

/** The block behind the event, from the node that tells of it. */
export function observeBlock(
  { chain, states }: Pick<RelayNode, "chain" | "states">,
  { block: { hash, number }, header, preDigest, author }: ImportedEvent,
): ObservedBlock {
  const before = states.view(header.parentHash);
  const after = states.view(hash);
  const body = chain.body(hash);
  assert(
    before !== undefined && after !== undefined && body !== undefined,
    `block ${number} was imported without its states or its body`,
  );
  const calls = body.map(
    (extrinsic) => expectOk(decodeExtrinsic(extrinsic), "it was imported").call,
  );
  const left = readRelayState(after);
  return {
    hash,
    header,
    slot: preDigest.value.slot,
    before: readRelayState(before),
    after: left,
    inherent: parachainsInherent(calls),
    claims: runtimeApi.candidateEvents(after),
    author,
    votes: runtimeApi.onChainVotes(after),
    sessionOf: (session) => readSessionInfo(after, session),
    codeOf: (hash) => runtimeApi.validationCodeByHash(after, hash),
    lost: new Set(lostDisputes(after)),
    concluded: concludedDisputes(after),
    penalties: penaltiesIn(after),
    disabled: runtimeApi
      .disabledValidators(after)
      .flatMap((index) => left.sessionInfo.validators[index] ?? []),
    reports: calls.flatMap(reportIn),
  };
}

/** Candidates against which a supermajority stands in the state. */
export const lostDisputes = (state: State): CandidateHash[] =>
  runtimeApi
    .disputes(state)
    .filter(({ state: { concludedAt, validatorsAgainst } }) => {
      const against = onesOf(validatorsAgainst).length;
      return concludedAt !== undefined && against >= supermajority(validatorsAgainst.length);
    })
    .map(({ candidateHash }) => candidateHash);

function penaltiesIn(state: State): Penalty[] {
  return runtimeApi.eventsOf(state).flatMap(({ event: { type, value } }) => {
    if (type !== "parasSlashing" || value.type !== "penalized") return [];
    const { validator, reason, candidateHash } = value.value as {
      readonly validator: AccountId;
      readonly reason: { readonly type: string };
      readonly candidateHash: CandidateHash | undefined;
    };
    return [{ validator, reason: reason.type, candidateHash }];
  });
}

function reportIn({ type, value }: AnyRuntimeCall): EquivocationReport[] {
  if (!/^reportEquivocation/.test(value.type)) return [];
  const { equivocationProof: proof } = value.value as { readonly equivocationProof: object };
  if (type === "babe") return [{ type: "author", proof: proof as BabeEquivocationProof }];
  if (type === "grandpa") return [{ type: "voter", proof: proof as GrandpaEquivocationProof }];
  return [];
}

/** The parachains' inherent of a block; every block has exactly one. */
function parachainsInherent(calls: readonly AnyRuntimeCall[]): ParachainsInherentData {
  const inherents = calls.flatMap((call) => {
    if (call.type !== "paraInherent" || call.value.type !== "enter") return [];
    return [(call.value.value as { readonly data: ParachainsInherentData }).data];
  });
  const [inherent, ...more] = inherents;
  assert(inherent !== undefined && more.length === 0, `${inherents.length} parachain inherents`);
  return inherent;
}
