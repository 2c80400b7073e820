/**
 * A relay parent for tests: seven validators in three groups, each with a core and a para, and
 * candidates of those paras whose hashes are what they should be.
 */
import { expectOk, ok } from "@parahost/base";
import { MemoryKeystore } from "@parahost/crypto";
import { type PeerId, peerId } from "@parahost/network";
import {
  type AuthorityDiscoveryId,
  asAuthorityDiscoveryId,
  asCoreIndex,
  asHash,
  asParaId,
  asSessionIndex,
  asValidationCodeHash,
  asValidatorId,
  asValidatorIndex,
  type CandidateHash,
  type CommittedCandidateReceipt,
  type CompactStatement,
  type CoreState,
  candidateHash,
  type Hash,
  type PersistedValidationData,
  paraHeadHash,
  persistedValidationDataHash,
  type SessionInfo,
  type SignedCompactStatement,
  statementPayload,
  type ValidatorId,
} from "@parahost/primitives";
import type { FakeOverseer } from "../overseer/fake-overseer.ts";
import type { ValidatorGroups } from "../runtime-api/runtime-api-at.ts";
import type { StatementDistributionSends } from "./state.ts";

export const LEAF: Hash = asHash(`0x${"1e".repeat(32)}`);
export const SESSION = asSessionIndex(3);

const groups = [
  [0, 1, 2],
  [3, 4],
  [5, 6],
].map((members) => members.map(asValidatorIndex));
export const GROUPS: ValidatorGroups = {
  groups,
  rotation: { sessionStartBlock: 0, groupRotationFrequency: 0, now: 7 },
};
const VALIDATORS = 7;
/** Group g serves core g, which takes para 1000 + g. */
export const CORES: readonly CoreState[] = groups.map((_, index) => ({
  type: "scheduled",
  value: { paraId: asParaId(1000 + index), collator: undefined },
}));

const keystore = new MemoryKeystore();
export const KEYS: readonly ValidatorId[] = Array.from({ length: VALIDATORS }, (_, i) =>
  asValidatorId(expectOk(keystore.insert("para", `//Validator//${i}`), "a good URI")),
);
export const AUTHORITIES: readonly AuthorityDiscoveryId[] = Array.from(
  { length: VALIDATORS },
  (_, i) => asAuthorityDiscoveryId(`0x${`a${i}`.repeat(32)}`),
);

/** The peer behind a validator. */
export const peerOf = (validator: number): PeerId => peerId(`validator ${validator}`);

/** A keystore that holds one validator's key. */
export function keystoreOf(validator: number): MemoryKeystore {
  const own = new MemoryKeystore();
  expectOk(own.insert("para", `//Validator//${validator}`), "a good URI");
  return own;
}

const validationData: PersistedValidationData = {
  parentHead: new Uint8Array([1]),
  relayParentNumber: 7,
  relayParentStorageRoot: LEAF,
  maxPovSize: 1000,
};

export interface SampleCandidate {
  readonly hash: CandidateHash;
  readonly receipt: CommittedCandidateReceipt;
  readonly persistedValidationData: PersistedValidationData;
}

/** A candidate for a group's core; `salt` tells candidates apart. */
export function sampleCandidate(group: number, salt = 0, relayParent = LEAF): SampleCandidate {
  const receipt: CommittedCandidateReceipt = {
    descriptor: {
      version: 2,
      paraId: asParaId(1000 + group),
      relayParent,
      coreIndex: asCoreIndex(group),
      sessionIndex: SESSION,
      persistedValidationDataHash: persistedValidationDataHash(validationData),
      povHash: LEAF,
      erasureRoot: LEAF,
      paraHead: LEAF,
      validationCodeHash: asValidationCodeHash(LEAF),
    },
    commitments: {
      upwardMessages: [],
      horizontalMessages: [],
      newValidationCode: undefined,
      headData: new Uint8Array([salt]),
      processedDownwardMessages: 0,
      hrmpWatermark: 7,
    },
  };
  return { hash: candidateHash(receipt), receipt, persistedValidationData: validationData };
}

/** A statement as that validator signs it. */
export function signed(
  validator: number,
  type: CompactStatement["type"],
  { hash }: Pick<SampleCandidate, "hash">,
  relayParent = LEAF,
): SignedCompactStatement {
  const payload: CompactStatement = { type, value: hash };
  const key = KEYS[validator] as ValidatorId;
  const context = { sessionIndex: SESSION, parentHash: relayParent };
  const signature = keystore.sign("para", key, statementPayload(payload, context));
  return {
    payload,
    validatorIndex: asValidatorIndex(validator),
    signature: signature as SignedCompactStatement["signature"],
  };
}

export interface ChainFacts {
  readonly disabled?: readonly number[];
  readonly cores?: readonly CoreState[];
}

/** What the runtime says after the leaf. */
export function runtimeAnswer(query: string, facts: ChainFacts = {}): unknown {
  const { cores = CORES, disabled = [] } = facts;
  const answers: Readonly<Record<string, unknown>> = {
    validators: KEYS,
    sessionIndexForChild: SESSION,
    validatorGroups: GROUPS,
    availabilityCores: cores,
    disabledValidators: disabled.map(asValidatorIndex),
    sessionInfo: { discoveryKeys: AUTHORITIES } satisfies Partial<SessionInfo>,
    minimumBackingVotes: 2,
  };
  return answers[query];
}

/** Answers what is asked of the runtime when a leaf opens. */
export async function answerRuntime(
  overseer: FakeOverseer<"statement-distribution", StatementDistributionSends>,
  facts: ChainFacts = {},
): Promise<void> {
  for (const query of [
    "validators",
    "sessionIndexForChild",
    "validatorGroups",
    "availabilityCores",
    "disabledValidators",
    "sessionInfo",
    "minimumBackingVotes",
  ] as const)
    (await overseer.expect("runtime-api", query)).reply(ok(runtimeAnswer(query, facts) as never));
}

/** The head that a sample candidate builds on, by hash. */
export const parentHeadOf = ({ persistedValidationData }: SampleCandidate): Hash =>
  paraHeadHash(persistedValidationData.parentHead);
