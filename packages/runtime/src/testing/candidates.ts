/** What nodes would say about the paras of a `TestChain`: backed candidates and bitfields for its next block. */
import { assert } from "@parahost/base";
import { blake2b256, sr25519Sign } from "@parahost/crypto";
import {
  asCoreIndex,
  asHash,
  asValidatorIndex,
  attestedStatement,
  type BackedCandidate,
  bitfieldPayload,
  type CommittedCandidateReceipt,
  candidateHash,
  headerHash,
  isFeatureOn,
  type ParaId,
  paraHeadHash,
  persistedValidationDataHash,
  statementPayload,
  type UncheckedSignedAvailabilityBitfield,
  type ValidityAttestation,
  validatorIndicesOf,
} from "@parahost/primitives";
import { bitsAt } from "@parahost/scale";
import { configuration } from "../parachains/configuration/configuration.ts";
import { paraHead } from "../parachains/paras/paras.ts";
import { groupAssignedToCore, groupValidators } from "../parachains/scheduler/scheduler.ts";
import {
  candidatePendingAvailability,
  paraIds,
  sessionIndexForChild,
  validationCodeHash,
  validators,
} from "../runtime-api.ts";
import { type TestChain, validatorPair } from "./chain.ts";

/** The next candidate of a parachain upon the chain's head; it is on core 0 if its id is the lowest, and so on. */
export function nextCandidate(chain: TestChain, para: ParaId): CommittedCandidateReceipt {
  const { state, head } = chain;
  const pending = candidatePendingAvailability(state, para);
  const parentHead = pending?.commitments.headData ?? paraHead(state, para);
  const code = validationCodeHash(state, para, { type: "free" });
  assert(parentHead !== undefined, `para ${para} is not registered`);
  const codeHash = code ?? pending?.descriptor.validationCodeHash;
  assert(codeHash !== undefined, `para ${para} has no code`);
  const headData = blake2b256(parentHead);
  return {
    descriptor: {
      version: 2,
      paraId: para,
      relayParent: headerHash(head),
      coreIndex: coreOf(chain, para),
      sessionIndex: sessionIndexForChild(state),
      persistedValidationDataHash: persistedValidationDataHash({
        parentHead,
        relayParentNumber: head.number,
        relayParentStorageRoot: head.stateRoot,
        maxPovSize: configuration(state).maxPovSize,
      }),
      povHash: asHash(`0x${"01".repeat(32)}`),
      erasureRoot: asHash(`0x${"02".repeat(32)}`),
      paraHead: paraHeadHash(headData),
      validationCodeHash: codeHash,
    },
    commitments: {
      upwardMessages: [],
      horizontalMessages: [],
      newValidationCode: undefined,
      headData,
      processedDownwardMessages: 0,
      hrmpWatermark: head.number,
    },
  };
}

const coreOf = (chain: TestChain, para: ParaId) => asCoreIndex(paraIds(chain.state).indexOf(para));

/** The next candidate with the votes of its whole group. */
export function backedCandidate(chain: TestChain, para: ParaId): BackedCandidate {
  const { state, head } = chain;
  const candidate = nextCandidate(chain, para);
  const core = coreOf(chain, para);
  const group = groupAssignedToCore(state, core, head.number + 1);
  const members = (group === undefined ? undefined : groupValidators(state, group)) ?? [];
  const keys = validators(state);
  const context = { sessionIndex: sessionIndexForChild(state), parentHash: headerHash(head) };
  const validityVotes = members.map((member, i): ValidityAttestation => {
    const type = i === 0 ? "implicit" : "explicit";
    const unsigned = { type, value: new Uint8Array(64) } as const;
    const statement = attestedStatement(unsigned, candidateHash(candidate));
    const pair = validatorPair(keys[member] as string);
    return { type, value: sr25519Sign(pair, statementPayload(statement, context)) };
  });
  const carriesCore = isFeatureOn(configuration(state).nodeFeatures, "elasticScaling");
  return {
    candidate,
    validityVotes,
    validatorIndices: validatorIndicesOf({
      voters: bitsAt(members.length, members.keys()),
      coreIndex: carriesCore ? core : undefined,
    }),
  };
}

/** Every validator's word that it has its chunks of the candidates on these cores. */
export function bitfieldsFor(
  chain: TestChain,
  cores: readonly number[],
): UncheckedSignedAvailabilityBitfield[] {
  const { state, head } = chain;
  const payload = bitsAt(paraIds(state).length, cores);
  const context = { sessionIndex: sessionIndexForChild(state), parentHash: headerHash(head) };
  return validators(state).map((key, index) => ({
    payload,
    validatorIndex: asValidatorIndex(index),
    signature: sr25519Sign(validatorPair(key), bitfieldPayload(payload, context)),
  }));
}
