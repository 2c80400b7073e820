/**
 * A3: who signs two blocks in a slot, or two votes in a round, and was seen by one honest node, is reported on
 * chain within a session; once is enough for who does it again and again. A4: the report shows both signatures.
 */
import { hexToBytes } from "@parahost/base";
import { CachingVerifier, DirectVerifier, ed25519Verify, sr25519Verify } from "@parahost/crypto";
import {
  type BabeEquivocationProof,
  type BabeId,
  type GrandpaEquivocationProof,
  type GrandpaId,
  type GrandpaVoteMessage,
  grandpaVotePayload,
  type Hash,
  type Header,
  headerHash,
  type RoundNumber,
  type SetId,
} from "@parahost/primitives";
import { type Problem, problem } from "../violation.ts";

interface Seen {
  readonly offender: BabeId | GrandpaId;
  readonly node: string;
  readonly atMs: number;
}

const authorPlace = (author: BabeId, slot: number): string => `author ${author} in slot ${slot}`;
const voterPlace = (voter: GrandpaId, setId: SetId, round: RoundNumber): string =>
  `voter ${voter} in round ${round} of set ${setId}`;

/** Votes of the rounds that are under way. */
const VERIFIED_VOTES_MAX = 4_096;

export class EquivocationChecker {
  /** By node and place, what was seen first. */
  readonly #first = new Map<string, string>();
  /** Places where somebody honest saw two things, with the time. */
  readonly #seen = new Map<string, Seen>();
  readonly #reported = new Set<BabeId | GrandpaId>();
  /** Every node hears every vote. */
  readonly #verifier = new CachingVerifier(new DirectVerifier(), VERIFIED_VOTES_MAX);

  /** Equivocations that honest nodes saw, and offenders that were reported. */
  get counts(): { readonly seen: number; readonly reported: number } {
    return { seen: this.#seen.size, reported: this.#reported.size };
  }

  /** An honest node has imported a block of this author. */
  imported(node: string, author: BabeId, slot: number, hash: Hash, nowMs: number): void {
    this.#note(node, author, authorPlace(author, slot), hash, nowMs);
  }

  /** An honest node hears a vote in the round that it is in. */
  heard(node: string, { round, setId, message }: GrandpaVoteMessage, nowMs: number): void {
    const { type: stage, value } = message.message;
    if (stage === "primaryPropose") return;
    const { id, signature } = message;
    const payload = grandpaVotePayload(stage, value.targetHash, value.targetNumber, round, setId);
    const place = voterPlace(id, setId, round);
    const known = this.#first.get(`${node} ${place} ${stage}`);
    if (known === value.targetHash || this.#seen.has(place)) return;
    // What is not signed is nobody's.
    const item = { scheme: "ed25519", publicKey: id, message: payload, signature } as const;
    if (!this.#verifier.verify(item)) return;
    this.#note(node, id, place, value.targetHash, nowMs, stage);
  }

  /** A block brings the proof against an author. */
  authorReported({ offender, firstHeader, secondHeader }: BabeEquivocationProof): Problem[] {
    this.#reported.add(offender);
    const isProof =
      headerHash(firstHeader) !== headerHash(secondHeader) &&
      isSealedBy(firstHeader, offender) &&
      isSealedBy(secondHeader, offender);
    return isProof ? [] : [problem("A4", `the report of author ${offender} proves nothing`)];
  }

  /** A block brings the proof against a voter. */
  voterReported({
    setId,
    equivocation: { type: stage, value },
  }: GrandpaEquivocationProof): Problem[] {
    const { round, identity, first, second } = value;
    this.#reported.add(identity);
    const isProof =
      first.target.targetHash !== second.target.targetHash &&
      [first, second].every(({ target: { targetHash, targetNumber }, signature }) =>
        ed25519Verify(
          identity,
          grandpaVotePayload(stage, targetHash, targetNumber, round, setId),
          signature,
        ),
      );
    return isProof ? [] : [problem("A4", `the report of voter ${identity} proves nothing`)];
  }

  /** The run ends; what was seen a session ago must have been reported. */
  ended(nowMs: number, sessionMs: number): Problem[] {
    return [...this.#seen]
      .filter(([, { atMs, offender }]) => nowMs - atMs > sessionMs && !this.#reported.has(offender))
      .map(([place, { node }]) =>
        problem("A3", `${node} has seen ${place} sign twice, and nobody reports it`),
      );
  }

  #note(
    node: string,
    offender: BabeId | GrandpaId,
    place: string,
    what: string,
    atMs: number,
    stage = "",
  ): void {
    const key = `${node} ${place} ${stage}`;
    const known = this.#first.get(key);
    if (known === undefined) this.#first.set(key, what);
    else if (known !== what && !this.#seen.has(place))
      this.#seen.set(place, { offender, node, atMs });
  }
}

function isSealedBy({ digest, ...rest }: Header, author: BabeId): boolean {
  const seal = digest.at(-1);
  if (seal?.type !== "seal") return false;
  const unsealed = hexToBytes(headerHash({ ...rest, digest: digest.slice(0, -1) }));
  return sr25519Verify(author, unsealed, seal.value.data);
}
