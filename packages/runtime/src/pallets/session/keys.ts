/**
 * The keys with which a validator takes part in a session, in Polkadot's order.
 *
 * Reference: runtime-and-primitives.md 1.8.
 */
import type { Hex } from "@parahost/base";
import type { KeyTypeId } from "@parahost/crypto";
import {
  AccountId,
  AssignmentId,
  AuthorityDiscoveryId,
  BabeId,
  GrandpaId,
  ValidatorId,
} from "@parahost/primitives";
import { fixedHex, positional, struct, type ValueOf } from "@parahost/scale";

/** Compressed ECDSA public key. */
export const BeefyId = fixedHex(33);
export type BeefyId = ValueOf<typeof BeefyId>;

export const SessionKeys = struct(
  {
    grandpa: GrandpaId,
    babe: BabeId,
    paraValidator: ValidatorId,
    paraAssignment: AssignmentId,
    authorityDiscovery: AuthorityDiscoveryId,
    beefy: BeefyId,
  },
  ["polkadot_runtime", "SessionKeys"],
);
export type SessionKeys = ValueOf<typeof SessionKeys>;

/** A validator of a session, and its keys in it. */
export const SessionValidator = positional(struct({ account: AccountId, keys: SessionKeys }));
export type SessionValidator = ValueOf<typeof SessionValidator>;

/** Types of the keys, in the order of their encoding. */
export const KEY_ORDER: readonly KeyTypeId[] = ["gran", "babe", "para", "asgn", "audi", "beef"];

/** Each key with its type id. */
export function typedKeys(keys: SessionKeys): readonly (readonly [type: KeyTypeId, key: Hex])[] {
  return [
    ["gran", keys.grandpa],
    ["babe", keys.babe],
    ["para", keys.paraValidator],
    ["asgn", keys.paraAssignment],
    ["audi", keys.authorityDiscovery],
    ["beef", keys.beefy],
  ];
}

export const equalKeys = (a: SessionKeys, b: SessionKeys): boolean =>
  typedKeys(a).every(([, key], i) => typedKeys(b)[i]?.[1] === key);
