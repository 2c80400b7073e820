/**
 * The blocks that candidates may build on: the parent of the block being made and, with asynchronous
 * backing, some of its ancestors, all of the same session. A depth of zero is the guide's rule, the
 * parent alone.
 *
 * Reference: 4.5 (relay parent), 4.8.
 */
import { BlockNumber, CoreIndex, Hash, ParaId } from "@parahost/primitives";
import { map, struct, u8, type ValueOf, vec } from "@parahost/scale";

/** Which cores each para had at each depth of the claim queue, by para, then depth. */
export const CoresByDepth = map(ParaId, map(u8, vec(CoreIndex)));
export type CoresByDepth = ValueOf<typeof CoresByDepth>;

export const RelayParentInfo = struct(
  {
    relayParent: Hash,
    /** The state root in its own header. */
    stateRoot: Hash,
    /** As seen by candidates on this relay parent. */
    claimQueue: CoresByDepth,
  },
  ["polkadot_runtime_parachains", "shared", "RelayParentInfo"],
);
export type RelayParentInfo = ValueOf<typeof RelayParentInfo>;

export const AllowedRelayParents = struct(
  {
    /** Oldest first, without gaps. */
    buffer: vec(RelayParentInfo),
    /** Number of the last one. */
    latestNumber: BlockNumber,
  },
  ["polkadot_runtime_parachains", "shared", "AllowedRelayParentsTracker"],
);
export type AllowedRelayParents = ValueOf<typeof AllowedRelayParents>;

export const NO_RELAY_PARENTS: AllowedRelayParents = { buffer: [], latestNumber: 0 };

/** Adds the newest; keeps `allowedAncestryLength` of those before it. */
export function withRelayParent(
  allowed: AllowedRelayParents,
  info: RelayParentInfo,
  number: BlockNumber,
  allowedAncestryLength: number,
): AllowedRelayParents {
  return {
    buffer: [...allowed.buffer, info].slice(-(allowedAncestryLength + 1)),
    latestNumber: number,
  };
}

export interface FoundRelayParent {
  readonly info: RelayParentInfo;
  readonly number: BlockNumber;
}

/** The relay parent with its number, unless it is not allowed or lies before `notBefore`. */
export function findRelayParent(
  allowed: AllowedRelayParents,
  relayParent: Hash,
  notBefore?: BlockNumber,
): FoundRelayParent | undefined {
  const position = allowed.buffer.findIndex((info) => info.relayParent === relayParent);
  const info = allowed.buffer[position];
  if (info === undefined) return undefined;
  const number = allowed.latestNumber - (allowed.buffer.length - 1 - position);
  return notBefore !== undefined && number < notBefore ? undefined : { info, number };
}

/**
 * The lowest number that an allowed relay parent can have for a child of block `now`, as far as the
 * depth tells: the buffer may be shorter at the beginning of a session.
 */
export function earliestRelayParentNumber(
  allowed: AllowedRelayParents,
  now: BlockNumber,
  allowedAncestryLength: number,
): BlockNumber {
  // The buffer holds the ancestors of `now` only, since `now` itself is added by its child.
  const ancestors = Math.min(allowedAncestryLength, allowed.buffer.length);
  return now - ancestors;
}
