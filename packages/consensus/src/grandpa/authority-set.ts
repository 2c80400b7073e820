/**
 * The voters of today and the changes that blocks have announced.
 *
 * A scheduled change announced in block S takes over when the block at `number(S) + delay` of that chain
 * is final; finality may not jump over it. A forced change takes over when a head of that height is
 * best, without finality: it is for disasters. Changes of different forks wait side by side.
 *
 * A state is a value: the functions return a new one, which is stored together with the block or the
 * finality that made it.
 *
 * Bound: changes come from executed blocks of the tree and leave with them.
 * Reference: consensus 4.6.
 */
import { err, ok, type Result } from "@parahost/base";
import {
  BlockNumber,
  engineData,
  GRANDPA_ENGINE_ID,
  GrandpaAuthorities,
  GrandpaConsensusLog,
  Hash,
  type Header,
  SetId,
} from "@parahost/primitives";
import { type DecodeFailure, struct, tryDecode, type ValueOf, vec } from "@parahost/scale";
import type { BlockRef } from "../block-tree.ts";
import { VoterSet } from "./voter-set.ts";

const pendingFields = {
  nextAuthorities: GrandpaAuthorities,
  delay: BlockNumber,
  /** The block that announced it. */
  hash: Hash,
  number: BlockNumber,
};

export const PendingChange = struct(pendingFields);
export type PendingChange = ValueOf<typeof PendingChange>;

export const PendingForcedChange = struct({ ...pendingFields, medianLastFinalized: BlockNumber });
export type PendingForcedChange = ValueOf<typeof PendingForcedChange>;

export const AuthoritySet = struct({
  setId: SetId,
  authorities: GrandpaAuthorities,
  /** By number. */
  scheduled: vec(PendingChange),
  forced: vec(PendingForcedChange),
  /** The last block of each earlier set, by which proofs of past sets are found. */
  history: vec(struct({ setId: SetId, lastBlock: BlockNumber })),
});
export type AuthoritySet = ValueOf<typeof AuthoritySet>;

/** Whether `ancestor` is `hash` or an ancestor of it, finalized blocks included. */
export type IsDescendant = (ancestor: Hash, hash: Hash) => boolean;

export const genesisAuthoritySet = (authorities: GrandpaAuthorities): AuthoritySet => ({
  setId: 0,
  authorities,
  scheduled: [],
  forced: [],
  history: [],
});

/** Height at which the change takes over. */
export const effectiveNumber = ({ number, delay }: PendingChange): BlockNumber => number + delay;

export type ChangeError =
  | { readonly code: "consensusLogMalformed"; readonly failure: DecodeFailure }
  /** Two changes of one kind in a header. */
  | { readonly code: "changeRepeated" }
  /** Nobody could vote after it. */
  | { readonly code: "authoritiesInvalid" }
  /** A second forced change on a chain where one waits. */
  | { readonly code: "forcedChangePending"; readonly announcedBy: Hash };

export interface AnnouncedChanges {
  readonly scheduled: PendingChange | undefined;
  readonly forced: PendingForcedChange | undefined;
}

/** The changes that a header announces. A forced one makes a scheduled one in the same header void. */
export function announcedChanges(
  header: Header,
  hash: Hash,
): Result<AnnouncedChanges, ChangeError> {
  let scheduled: PendingChange | undefined;
  let forced: PendingForcedChange | undefined;
  for (const data of engineData(header.digest, "consensus", GRANDPA_ENGINE_ID)) {
    const decoded = tryDecode(GrandpaConsensusLog, data);
    if (!decoded.ok) return err({ code: "consensusLogMalformed", failure: decoded.error });
    const log = decoded.value;
    const at = { hash, number: header.number };
    if (log.type === "scheduledChange") {
      if (scheduled !== undefined) return err({ code: "changeRepeated" });
      scheduled = { ...log.value, ...at };
    } else if (log.type === "forcedChange") {
      if (forced !== undefined) return err({ code: "changeRepeated" });
      const { medianLastFinalized, change } = log.value;
      forced = { ...change, ...at, medianLastFinalized };
    }
  }
  for (const change of [scheduled, forced])
    if (change !== undefined && VoterSet.from(change.nextAuthorities) === undefined)
      return err({ code: "authoritiesInvalid" });
  return ok({ scheduled: forced === undefined ? scheduled : undefined, forced });
}

/** The set with what an imported block announced. */
export function withAnnounced(
  set: AuthoritySet,
  { scheduled, forced }: AnnouncedChanges,
  isDescendant: IsDescendant,
): Result<AuthoritySet, ChangeError> {
  if (forced !== undefined) {
    const waiting = set.forced.find((other) => isDescendant(other.hash, forced.hash));
    if (waiting !== undefined)
      return err({ code: "forcedChangePending", announcedBy: waiting.hash });
    return ok({ ...set, forced: [...set.forced, forced] });
  }
  if (scheduled === undefined) return ok(set);
  const all = [...set.scheduled, scheduled].sort((a, b) => a.number - b.number);
  return ok({ ...set, scheduled: all });
}

/** The first scheduled change that waits on the chain of `head`. */
export function nextChangeOn(
  set: AuthoritySet,
  head: Hash,
  isDescendant: IsDescendant,
): PendingChange | undefined {
  return set.scheduled
    .filter((change) => isDescendant(change.hash, head))
    .sort((a, b) => effectiveNumber(a) - effectiveNumber(b))[0];
}

/**
 * The blocks at which a waiting change would take over, on whatever fork. `atNumber` gives the
 * unfinalized blocks of a height.
 */
export function changeBlocks(
  set: AuthoritySet,
  atNumber: (number: BlockNumber) => readonly BlockRef[],
  isDescendant: IsDescendant,
): BlockRef[] {
  const blocks = set.scheduled.flatMap((change) =>
    atNumber(effectiveNumber(change)).filter(({ hash }) => isDescendant(change.hash, hash)),
  );
  return blocks.map(({ hash, number }) => ({ hash, number }));
}

export type BeyondChange = {
  readonly code: "beyondAuthorityChange";
  readonly limit: BlockNumber;
};

/**
 * The set after `finalized` became final by votes of this set. What takes over there is enacted; changes
 * of forks that died are dropped. Finality beyond a waiting change is refused.
 */
export function afterFinality(
  set: AuthoritySet,
  finalized: BlockRef,
  isDescendant: IsDescendant,
): Result<AuthoritySet, BeyondChange> {
  const first = nextChangeOn(set, finalized.hash, isDescendant);
  if (first !== undefined && effectiveNumber(first) < finalized.number)
    return err({ code: "beyondAuthorityChange", limit: effectiveNumber(first) });
  const lives = (change: PendingChange): boolean =>
    isDescendant(finalized.hash, change.hash) || isDescendant(change.hash, finalized.hash);
  const scheduled = set.scheduled.filter(lives);
  const forced = set.forced.filter(lives);
  const isSame = scheduled.length === set.scheduled.length && forced.length === set.forced.length;
  let after = isSame ? set : { ...set, scheduled, forced };
  // A sound runtime lets one change at a time wait; two for one height follow each other.
  for (;;) {
    const due = nextChangeOn(after, finalized.hash, isDescendant);
    if (due === undefined || effectiveNumber(due) > finalized.number) return ok(after);
    const rest = after.scheduled.filter((change) => change !== due);
    after = nextSet({ ...after, scheduled: rest }, due, finalized.number);
  }
}

/**
 * The set after `head` became the best block, if a forced change takes over there. It waits for
 * scheduled changes that, by its median, were final before it. Whatever waited is void.
 */
export function afterForcedChange(
  set: AuthoritySet,
  head: BlockRef,
  isDescendant: IsDescendant,
): AuthoritySet | undefined {
  const due = set.forced.find(
    (change) => effectiveNumber(change) <= head.number && isDescendant(change.hash, head.hash),
  );
  if (due === undefined) return undefined;
  const first = nextChangeOn(set, head.hash, isDescendant);
  if (first !== undefined && effectiveNumber(first) <= due.medianLastFinalized) return undefined;
  return nextSet({ ...set, scheduled: [], forced: [] }, due, due.medianLastFinalized);
}

function nextSet(set: AuthoritySet, change: PendingChange, lastBlock: BlockNumber): AuthoritySet {
  return {
    ...set,
    setId: set.setId + 1,
    authorities: change.nextAuthorities,
    history: [...set.history, { setId: set.setId, lastBlock }],
  };
}
