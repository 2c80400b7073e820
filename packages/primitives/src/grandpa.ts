/** Finality: votes, gossip, commits, justifications, digests, equivocations. Reference: consensus 4.2–4.7. */
import {
  bytes,
  DecodeError,
  encode,
  mapped,
  positional,
  renamed,
  struct,
  u32,
  u64Number,
  type ValueOf,
  variant,
  vec,
} from "@parahost/scale";
import { Header } from "./header.ts";
import { BlockNumber, GrandpaId, GrandpaSignature, Hash } from "./ids.ts";

export const GrandpaAuthority = positional(struct({ id: GrandpaId, weight: u64Number }));
export type GrandpaAuthority = ValueOf<typeof GrandpaAuthority>;

export const GrandpaAuthorities = vec(GrandpaAuthority);
export type GrandpaAuthorities = ValueOf<typeof GrandpaAuthorities>;

/** Number of an authority set; one more with each change. */
export const SetId = u64Number;
export type SetId = ValueOf<typeof SetId>;

/** Round within a set; real rounds begin with 1. */
export const RoundNumber = u64Number;
export type RoundNumber = ValueOf<typeof RoundNumber>;

/** What a vote is for. */
export const GrandpaTarget = struct({ targetHash: Hash, targetNumber: BlockNumber });
export type GrandpaTarget = ValueOf<typeof GrandpaTarget>;

/** Stages of a round, by their number on the wire. */
export const GrandpaStage = variant({ prevote: 0, precommit: 1, primaryPropose: 2 });
export type GrandpaStage = ValueOf<typeof GrandpaStage>;
export type GrandpaStageName = GrandpaStage["type"];

/** A vote: its stage and target. */
export const GrandpaMessage = variant({
  prevote: [0, GrandpaTarget],
  precommit: [1, GrandpaTarget],
  primaryPropose: [2, GrandpaTarget],
});
export type GrandpaMessage = ValueOf<typeof GrandpaMessage>;

export const SignedGrandpaMessage = struct({
  message: GrandpaMessage,
  signature: GrandpaSignature,
  id: GrandpaId,
});
export type SignedGrandpaMessage = ValueOf<typeof SignedGrandpaMessage>;

/** A vote whose stage is known from where it stands. */
export const SignedGrandpaVote = struct({
  target: GrandpaTarget,
  signature: GrandpaSignature,
  id: GrandpaId,
});
export type SignedGrandpaVote = ValueOf<typeof SignedGrandpaVote>;

const signedPayload = struct({ message: GrandpaMessage, round: RoundNumber, setId: SetId });

/** What a voter signs with its ed25519 key, without hashing or context. */
export function grandpaVotePayload(
  stage: GrandpaStageName,
  targetHash: Hash,
  targetNumber: BlockNumber,
  round: RoundNumber,
  setId: SetId,
): Uint8Array {
  const message: GrandpaMessage = { type: stage, value: { targetHash, targetNumber } };
  return encode(signedPayload, { message, round, setId });
}

// Commits

const compactCommit = struct({
  targetHash: Hash,
  targetNumber: BlockNumber,
  targets: vec(GrandpaTarget),
  signers: vec(struct({ signature: GrandpaSignature, id: GrandpaId })),
});

/** Precommits of a round that make its target final, as gossiped: without ancestry. */
export interface GrandpaCommit {
  readonly targetHash: Hash;
  readonly targetNumber: BlockNumber;
  readonly precommits: readonly SignedGrandpaVote[];
}

/** On the wire targets and signatures are two lists of one length. */
export const CompactCommit = mapped(
  compactCommit,
  ({ targetHash, targetNumber, precommits }: GrandpaCommit) => ({
    targetHash,
    targetNumber,
    targets: precommits.map(({ target }) => target),
    signers: precommits.map(({ signature, id }) => ({ signature, id })),
  }),
  ({ targetHash, targetNumber, targets, signers }, offset): GrandpaCommit => {
    if (targets.length !== signers.length)
      throw new DecodeError(
        "badValue",
        offset,
        `${targets.length} precommits with ${signers.length} signatures`,
      );
    const precommits = signers.map(({ signature, id }, i) => ({
      target: targets[i] as GrandpaTarget,
      signature,
      id,
    }));
    return { targetHash, targetNumber, precommits };
  },
);
export type CompactCommit = GrandpaCommit;

/** A commit in a justification: each precommit with its target. */
export const FullCommit = struct({
  targetHash: Hash,
  targetNumber: BlockNumber,
  precommits: vec(SignedGrandpaVote),
});
export type FullCommit = ValueOf<typeof FullCommit>;

/** Proves a block final to whoever knows the authority set; the set's id is implied. */
export const GrandpaJustification = struct(
  {
    round: RoundNumber,
    commit: FullCommit,
    /** Exactly the headers that connect the precommits' targets with the commit's. */
    votesAncestries: vec(Header),
  },
  ["sp_consensus_grandpa", "GrandpaJustification"],
);
export type GrandpaJustification = ValueOf<typeof GrandpaJustification>;

// Gossip

export const GrandpaVoteMessage = struct({
  round: RoundNumber,
  setId: SetId,
  message: SignedGrandpaMessage,
});
export type GrandpaVoteMessage = ValueOf<typeof GrandpaVoteMessage>;

export const GrandpaCommitMessage = struct({
  round: RoundNumber,
  setId: SetId,
  commit: CompactCommit,
});
export type GrandpaCommitMessage = ValueOf<typeof GrandpaCommitMessage>;

/** Where a node stands: peers send what it can use. */
export const GrandpaNeighborPacket = struct({
  round: RoundNumber,
  setId: SetId,
  commitFinalizedHeight: BlockNumber,
});
export type GrandpaNeighborPacket = ValueOf<typeof GrandpaNeighborPacket>;

export const GrandpaCatchUpRequest = struct({ round: RoundNumber, setId: SetId });
export type GrandpaCatchUpRequest = ValueOf<typeof GrandpaCatchUpRequest>;

/** A completed round. Here the set comes before the round. */
export const GrandpaCatchUp = struct({
  setId: SetId,
  round: RoundNumber,
  prevotes: vec(SignedGrandpaVote),
  precommits: vec(SignedGrandpaVote),
  baseHash: Hash,
  baseNumber: BlockNumber,
});
export type GrandpaCatchUp = ValueOf<typeof GrandpaCatchUp>;

/** One notification of the GRANDPA protocol. */
export const GrandpaGossip = variant({
  vote: [0, GrandpaVoteMessage],
  commit: [1, GrandpaCommitMessage],
  neighbor: [2, variant({ v1: [1, GrandpaNeighborPacket] })],
  catchUpRequest: [3, GrandpaCatchUpRequest],
  catchUp: [4, GrandpaCatchUp],
});
export type GrandpaGossip = ValueOf<typeof GrandpaGossip>;

// Digests

/** The next authority set and after how many blocks it takes over. */
export const GrandpaScheduledChange = struct(
  { nextAuthorities: GrandpaAuthorities, delay: BlockNumber },
  ["sp_consensus_grandpa", "ScheduledChange"],
);
export type GrandpaScheduledChange = ValueOf<typeof GrandpaScheduledChange>;

/** What the runtime tells the engine: consensus items of engine `FRNK`. */
export const GrandpaConsensusLog = variant(
  {
    /** Takes over once the block that is `delay` after this one is final. */
    scheduledChange: [1, GrandpaScheduledChange],
    /** Takes over at import, without finality. */
    forcedChange: [
      2,
      positional(struct({ medianLastFinalized: BlockNumber, change: GrandpaScheduledChange })),
    ],
    onDisabled: [3, u64Number],
    pause: [4, BlockNumber],
    resume: [5, BlockNumber],
  },
  ["sp_consensus_grandpa", "ConsensusLog"],
);
export type GrandpaConsensusLog = ValueOf<typeof GrandpaConsensusLog>;

// Equivocations

const signedTarget = positional(struct({ target: GrandpaTarget, signature: GrandpaSignature }));

/** Two different votes of one voter in one stage of one round. */
export const GrandpaEquivocation = renamed(
  { round: "round_number" },
  struct(
    {
      round: RoundNumber,
      identity: GrandpaId,
      first: signedTarget,
      second: signedTarget,
    },
    ["finality_grandpa", "Equivocation"],
  ),
);
export type GrandpaEquivocation = ValueOf<typeof GrandpaEquivocation>;

export const GrandpaEquivocationProof = struct(
  {
    setId: SetId,
    equivocation: variant(
      { prevote: [0, GrandpaEquivocation], precommit: [1, GrandpaEquivocation] },
      ["sp_consensus_grandpa", "Equivocation"],
    ),
  },
  ["sp_consensus_grandpa", "EquivocationProof"],
);
export type GrandpaEquivocationProof = ValueOf<typeof GrandpaEquivocationProof>;

/** Proves that a key belonged to a validator of a past session. */
export const KeyOwnershipProof = struct(
  {
    session: u32,
    /** Nodes of the historical session trie. */
    trieNodes: vec(bytes()),
    validatorCount: u32,
  },
  ["sp_session", "MembershipProof"],
);
export type KeyOwnershipProof = ValueOf<typeof KeyOwnershipProof>;
