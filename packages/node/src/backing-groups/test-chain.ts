/**
 * A relay parent for tests: seven validators in three groups, each with a core and a para, and
 * candidates of those paras whose hashes are what they should be.
 */
import { assert, expectOk, ok } from "@parahost/base";
import { MemoryKeystore } from "@parahost/crypto";
import { type PeerId, peerId } from "@parahost/network";
import {
  type AsyncBackingParams,
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
  type CandidateReceipt,
  type CommittedCandidateReceipt,
  type CompactStatement,
  type CoreState,
  candidateHash,
  type Hash,
  nodeFeatures,
  type PersistedValidationData,
  type PoV,
  paraHeadHash,
  persistedValidationDataHash,
  povHash,
  type SessionInfo,
  type SignedCompactStatement,
  statementPayload,
  toPlainReceipt,
  type ValidatorId,
} from "@parahost/primitives";
import type { SignedInvalid } from "../candidate-backing/messages.ts";
import type { FakeOverseer } from "../overseer/fake-overseer.ts";
import type { SubsystemName } from "../overseer/messages.ts";
import type { RuntimeApiQuery } from "../runtime-api/messages.ts";
import type { ValidatorGroups } from "../runtime-api/runtime-api-at.ts";

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

/** What every sample candidate is validated with. */
export const VALIDATION_DATA: PersistedValidationData = {
  parentHead: new Uint8Array([1]),
  relayParentNumber: 7,
  relayParentStorageRoot: LEAF,
  maxPovSize: 1000,
};

export interface SampleCandidate {
  readonly hash: CandidateHash;
  readonly receipt: CommittedCandidateReceipt;
  readonly plainReceipt: CandidateReceipt;
  readonly persistedValidationData: PersistedValidationData;
}

export interface SampleFields {
  /** Tells candidates apart. */
  readonly salt?: number;
  readonly pov?: PoV;
  readonly relayParent?: Hash;
  readonly erasureRoot?: Hash;
}

/** A candidate for a group's core. */
export function sampleCandidate(group: number, fields: SampleFields = {}): SampleCandidate {
  const { salt = 0, pov = { blockData: new Uint8Array([salt]) } } = fields;
  const receipt: CommittedCandidateReceipt = {
    descriptor: {
      version: 2,
      paraId: asParaId(1000 + group),
      relayParent: fields.relayParent ?? LEAF,
      coreIndex: asCoreIndex(group),
      sessionIndex: SESSION,
      persistedValidationDataHash: persistedValidationDataHash(VALIDATION_DATA),
      povHash: povHash(pov),
      erasureRoot: fields.erasureRoot ?? LEAF,
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
  return {
    hash: candidateHash(receipt),
    receipt,
    plainReceipt: toPlainReceipt(receipt),
    persistedValidationData: VALIDATION_DATA,
  };
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

/** The validator's word that the candidate is invalid. */
export function signedInvalid(
  validator: number,
  { hash: candidateHash }: Pick<SampleCandidate, "hash">,
): SignedInvalid {
  const context = { sessionIndex: SESSION, parentHash: LEAF };
  const payload = statementPayload({ type: "invalid", value: candidateHash }, context);
  const signature = keystore.sign("para", KEYS[validator] as ValidatorId, payload);
  assert(signature !== undefined, "it is one of the validators");
  return { candidateHash, validatorIndex: asValidatorIndex(validator), signature };
}

/** The guide's rule: candidates build on the leaf. */
const GUIDE_PARAMS: AsyncBackingParams = { maxCandidateDepth: 0, allowedAncestryLen: 0 };

export interface ChainFacts {
  readonly disabled?: readonly number[];
  readonly cores?: readonly CoreState[];
  /** How far candidates may run ahead of the chain; by default not at all. */
  readonly asyncBackingParams?: AsyncBackingParams;
}

/** What the runtime says after the leaf. */
export function runtimeAnswer(query: string, facts: ChainFacts = {}): unknown {
  const { asyncBackingParams = GUIDE_PARAMS, cores = CORES, disabled = [] } = facts;
  const answers: Readonly<Record<string, unknown>> = {
    asyncBackingParams,
    validators: KEYS,
    sessionIndexForChild: SESSION,
    validatorGroups: GROUPS,
    availabilityCores: cores,
    disabledValidators: disabled.map(asValidatorIndex),
    sessionInfo: { discoveryKeys: AUTHORITIES, validators: KEYS } satisfies Partial<SessionInfo>,
    minimumBackingVotes: 2,
    nodeFeatures: nodeFeatures(),
    sessionExecutorParams: [],
  };
  return answers[query];
}

/** Answers what is asked of the runtime, in this order. */
export async function answerRuntime<Name extends SubsystemName>(
  overseer: Pick<FakeOverseer<Name, "runtime-api">, "expect">,
  queries: readonly RuntimeApiQuery[],
  facts: ChainFacts = {},
): Promise<void> {
  for (const query of queries) {
    // The queries' answers are too many for the compiler to go through.
    const { reply }: { reply(answer: never): void } = await overseer.expect("runtime-api", query);
    reply(ok(runtimeAnswer(query, facts)) as never);
  }
}

/** The head that a sample candidate builds on, by hash. */
export const parentHeadOf = ({ persistedValidationData }: SampleCandidate): Hash =>
  paraHeadHash(persistedValidationData.parentHead);
