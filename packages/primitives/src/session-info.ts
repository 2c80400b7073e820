/** What is fixed for a session, and the rotation of its groups. Reference: runtime 1.5. */
import { fixedBytes, struct, u32, type ValueOf, vec } from "@parahost/scale";
import {
  AssignmentId,
  AuthorityDiscoveryId,
  SessionIndex,
  ValidatorId,
  ValidatorIndex,
} from "./ids.ts";

export const SessionInfo = struct(
  {
    /** Positions in the full authority list, in the order of `validators`. */
    activeValidatorIndices: vec(ValidatorIndex),
    /** The seed that shuffled the validators. */
    randomSeed: fixedBytes(32),
    /** Sessions for which disputes are accepted. */
    disputePeriod: SessionIndex,
    /** The active set, shuffled. */
    validators: vec(ValidatorId),
    /** All authorities, the active ones first: may be longer than `validators`. */
    discoveryKeys: vec(AuthorityDiscoveryId),
    /** In the order of `validators`. */
    assignmentKeys: vec(AssignmentId),
    validatorGroups: vec(vec(ValidatorIndex)),
    nCores: u32,
    zerothDelayTrancheWidth: u32,
    relayVrfModuloSamples: u32,
    nDelayTranches: u32,
    /** Slots after which an assigned validator that did not approve counts as absent. */
    noShowSlots: u32,
    neededApprovals: u32,
  },
  ["polkadot_primitives", "v9", "SessionInfo"],
);
export type SessionInfo = ValueOf<typeof SessionInfo>;
