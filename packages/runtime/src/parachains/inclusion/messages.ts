/**
 * What a candidate may commit to about messages. This chain carries none between paras yet: no queue
 * exists, so nothing can be taken from one or put into one, and the watermark stands at the relay
 * parent. Signals to the relay chain, which follow an empty message, are no messages.
 *
 * Reference: 6 (a relay chain without messages), 1.5 (signals).
 */
import { err, ok, type Result } from "@parahost/base";
import {
  type BlockNumber,
  type CandidateCommitments,
  splitUpwardMessages,
} from "@parahost/primitives";

export type MessageError =
  | "incorrectDownwardMessageHandling"
  | "invalidUpwardMessages"
  | "invalidUmpSignals"
  | "hrmpWatermarkMishandling"
  | "invalidOutboundHrmp";

/** Checks the messages of a candidate whose relay parent has this number. */
export function checkMessages(
  commitments: CandidateCommitments,
  relayParentNumber: BlockNumber,
): Result<void, MessageError> {
  if (commitments.processedDownwardMessages !== 0) return err("incorrectDownwardMessageHandling");
  const upward = splitUpwardMessages(commitments.upwardMessages);
  if (!upward.ok) return err("invalidUmpSignals");
  if (upward.value.messages.length > 0) return err("invalidUpwardMessages");
  if (commitments.hrmpWatermark !== relayParentNumber) return err("hrmpWatermarkMishandling");
  if (commitments.horizontalMessages.length > 0) return err("invalidOutboundHrmp");
  return ok(undefined);
}
