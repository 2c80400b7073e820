/**
 * What the relay chain lets the next candidate of a para do, and what is left to the one after it.
 * Runtime and primitives reference, 1.5; its section 6 for messages.
 */
import { err, ok, type Result } from "@parahost/base";
import {
  type BlockNumber,
  CODE_SIZE_MIN_BYTES,
  type CommittedCandidateReceipt,
  type Constraints,
  type Hash,
  type HeadData,
  type ParaId,
  type PersistedValidationData,
  paraHeadHash,
  persistedValidationDataHash,
  splitUpwardMessages,
} from "@parahost/primitives";

/** A relay chain block as candidates refer to it. */
export interface RelayParent {
  readonly hash: Hash;
  readonly number: BlockNumber;
  readonly storageRoot: Hash;
}

type Commitments = CommittedCandidateReceipt["commitments"];

/** Each is the candidate's fault: it can not be the next one. */
export type ConstraintError =
  | "relayParentTooOld"
  | "validationDataMismatch"
  | "validationCodeMismatch"
  | "headDataMismatch"
  | "headDataTooLarge"
  | "codeUpgradeRestricted"
  | "codeSizeOutOfBounds"
  | "downwardMessagesNotProcessed"
  | "downwardMessagesOverrun"
  | "upwardMessagesMalformed"
  | "upwardMessagesOverrun"
  | "hrmpWatermarkInvalid"
  | "hrmpMessagesOverrun";

/** The validation data of a candidate on this head at this relay parent. */
export const validationDataOn = (
  { maxPovSize }: Pick<Constraints, "maxPovSize">,
  parentHead: HeadData,
  { number, storageRoot }: RelayParent,
): PersistedValidationData => ({
  parentHead,
  relayParentNumber: number,
  relayParentStorageRoot: storageRoot,
  maxPovSize,
});

/** Whether the candidate may be the next one. */
export function checkNext(
  constraints: Constraints,
  relayParent: RelayParent,
  { descriptor, commitments }: CommittedCandidateReceipt,
): Result<void, ConstraintError> {
  const { headData } = commitments;
  const expected = validationDataOn(constraints, constraints.requiredParent, relayParent);
  if (relayParent.number < constraints.minRelayParentNumber) return err("relayParentTooOld");
  if (descriptor.persistedValidationDataHash !== persistedValidationDataHash(expected))
    return err("validationDataMismatch");
  if (descriptor.validationCodeHash !== constraints.validationCodeHash)
    return err("validationCodeMismatch");
  if (descriptor.paraHead !== paraHeadHash(headData)) return err("headDataMismatch");
  if (headData.length > constraints.maxHeadDataSize) return err("headDataTooLarge");
  const problem =
    codeProblem(constraints, commitments) ??
    downwardProblem(constraints, relayParent.number, commitments) ??
    upwardProblem(constraints, commitments) ??
    horizontalProblem(constraints, relayParent.number, commitments);
  return problem === undefined ? ok(undefined) : err(problem);
}

/** The constraints of whoever builds on this candidate, which was itself the next one. */
export function constraintsAfter(
  constraints: Constraints,
  relayParentNumber: BlockNumber,
  commitments: Commitments,
): Constraints {
  const upward = upwardUse(commitments);
  return {
    ...codeAfter(constraints, relayParentNumber, commitments),
    minRelayParentNumber: Math.max(constraints.minRelayParentNumber, relayParentNumber),
    requiredParent: commitments.headData,
    umpRemaining: constraints.umpRemaining - (upward?.messages ?? 0),
    umpRemainingBytes: constraints.umpRemainingBytes - (upward?.bytes ?? 0),
    dmpRemainingMessages: constraints.dmpRemainingMessages.slice(
      commitments.processedDownwardMessages,
    ),
    hrmpInbound: {
      validWatermarks: constraints.hrmpInbound.validWatermarks.filter(
        (number) => number > commitments.hrmpWatermark,
      ),
    },
    hrmpChannelsOut: channelsAfter(constraints, commitments),
  };
}

function codeProblem(
  { maxCodeSize, upgradeRestriction, futureValidationCode }: Constraints,
  { newValidationCode }: Commitments,
): ConstraintError | undefined {
  if (newValidationCode === undefined) return undefined;
  if (upgradeRestriction !== undefined || futureValidationCode !== undefined)
    return "codeUpgradeRestricted";
  const { length } = newValidationCode;
  return length > maxCodeSize || length < CODE_SIZE_MIN_BYTES ? "codeSizeOutOfBounds" : undefined;
}

function downwardProblem(
  { dmpRemainingMessages }: Constraints,
  relayParentNumber: BlockNumber,
  { processedDownwardMessages: processed }: Commitments,
): ConstraintError | undefined {
  const [oldest] = dmpRemainingMessages;
  if (processed > dmpRemainingMessages.length) return "downwardMessagesOverrun";
  const isDue = oldest !== undefined && oldest <= relayParentNumber;
  return processed === 0 && isDue ? "downwardMessagesNotProcessed" : undefined;
}

interface Use {
  readonly messages: number;
  readonly bytes: number;
}

const useOf = (messages: readonly Uint8Array[]): Use => ({
  messages: messages.length,
  bytes: messages.reduce((sum, { length }) => sum + length, 0),
});

/** Signals behind the messages do not count; `undefined` when they are malformed. */
function upwardUse({ upwardMessages }: Commitments): Use | undefined {
  const parts = splitUpwardMessages(upwardMessages);
  return parts.ok ? useOf(parts.value.messages) : undefined;
}

function upwardProblem(
  { maxUmpNumPerCandidate, umpRemaining, umpRemainingBytes }: Constraints,
  commitments: Commitments,
): ConstraintError | undefined {
  const use = upwardUse(commitments);
  if (use === undefined) return "upwardMessagesMalformed";
  const fits =
    use.messages <= Math.min(maxUmpNumPerCandidate, umpRemaining) && use.bytes <= umpRemainingBytes;
  return fits ? undefined : "upwardMessagesOverrun";
}

function horizontalProblem(
  { hrmpInbound, hrmpChannelsOut, maxHrmpNumPerCandidate }: Constraints,
  relayParentNumber: BlockNumber,
  { hrmpWatermark, horizontalMessages }: Commitments,
): ConstraintError | undefined {
  const isWatermark =
    hrmpWatermark === relayParentNumber || hrmpInbound.validWatermarks.includes(hrmpWatermark);
  if (!isWatermark) return "hrmpWatermarkInvalid";
  if (horizontalMessages.length > maxHrmpNumPerCandidate) return "hrmpMessagesOverrun";
  for (const { recipient } of horizontalMessages) {
    const channel = hrmpChannelsOut.find((open) => open.recipient === recipient);
    const sent = sentTo(horizontalMessages, recipient);
    if (
      channel === undefined ||
      sent.messages > channel.limitations.messagesRemaining ||
      sent.bytes > channel.limitations.bytesRemaining
    )
      return "hrmpMessagesOverrun";
  }
  return undefined;
}

const sentTo = (messages: Commitments["horizontalMessages"], to: ParaId): Use =>
  useOf(messages.flatMap(({ recipient, data }) => (recipient === to ? [data] : [])));

const channelsAfter = (
  { hrmpChannelsOut }: Constraints,
  { horizontalMessages }: Commitments,
): Constraints["hrmpChannelsOut"] =>
  hrmpChannelsOut.map(({ recipient, limitations }) => {
    const sent = sentTo(horizontalMessages, recipient);
    return {
      recipient,
      limitations: {
        bytesRemaining: limitations.bytesRemaining - sent.bytes,
        messagesRemaining: limitations.messagesRemaining - sent.messages,
      },
    };
  });

/** New code is in force behind the first candidate whose relay parent has reached its number. */
function codeAfter(
  constraints: Constraints,
  relayParentNumber: BlockNumber,
  { newValidationCode }: Commitments,
): Constraints {
  const { futureValidationCode: future } = constraints;
  const isReached = future !== undefined && relayParentNumber >= future.expectedAt;
  return {
    ...constraints,
    validationCodeHash: isReached ? future.codeHash : constraints.validationCodeHash,
    futureValidationCode: isReached ? undefined : future,
    // The next upgrade may be announced when this one is in force, not before.
    upgradeRestriction:
      newValidationCode === undefined ? constraints.upgradeRestriction : { type: "present" },
  };
}
