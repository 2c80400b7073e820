/**
 * Whoever backs a candidate belongs to the group of its core, has signed exactly this candidate at its
 * relay parent, and there are enough of them.
 */
import { sr25519Verify } from "@parahost/crypto";
import {
  attestedStatement,
  type GroupIndex,
  type SessionIndex,
  type SessionInfo,
  statementPayload,
} from "@parahost/primitives";
import { onesOf } from "@parahost/scale";
import type { NewlyBacked } from "../fork.ts";
import { type Problem, problem } from "../violation.ts";

export interface BackingContext {
  readonly session: SessionIndex;
  readonly sessionInfo: SessionInfo;
  /** The group of the core; `undefined` when there is none. */
  readonly group: GroupIndex | undefined;
  readonly minimumBackingVotes: number;
}

export function checkBacking(
  { backed, hash, voters }: NewlyBacked,
  { session, sessionInfo, group, minimumBackingVotes }: BackingContext,
): Problem[] {
  const bad = (text: string): Problem => problem("S8", `${hash} ${text}`);
  const members = group === undefined ? undefined : sessionInfo.validatorGroups[group];
  if (members === undefined || members.length === 0) return [bad("is of a core without a group")];
  if (voters.length !== members.length)
    return [bad(`has votes of a group of ${voters.length}, group ${group} has ${members.length}`)];
  const positions = onesOf(voters);
  if (positions.length !== backed.validityVotes.length)
    return [bad(`has ${backed.validityVotes.length} votes of ${positions.length} voters`)];
  const problems: Problem[] = [];
  const majority = Math.floor(members.length / 2) + 1;
  const needed = Math.max(majority, Math.min(members.length, minimumBackingVotes));
  if (positions.length < needed)
    problems.push(bad(`is backed by ${positions.length} of ${needed} that it takes`));
  const parentHash = backed.candidate.descriptor.relayParent;
  for (const [i, position] of positions.entries()) {
    const attestation = backed.validityVotes[i];
    const validator = members[position];
    const key = validator === undefined ? undefined : sessionInfo.validators[validator];
    if (attestation === undefined || key === undefined) {
      problems.push(bad(`has a vote of nobody`));
      continue;
    }
    const payload = statementPayload(attestedStatement(attestation, hash), {
      sessionIndex: session,
      parentHash,
    });
    if (!sr25519Verify(key, payload, attestation.value))
      problems.push(bad(`has a vote that validator ${validator} did not sign`));
  }
  return problems;
}
