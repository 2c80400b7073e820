/**
 * Messages through the relay chain: downward, upward, horizontal, and the signals that candidates
 * send along with upward ones. Reference: runtime 1.5, 6.
 */
import { concatBytes, err, hexToBytes, ok, type Result, u32Bytes } from "@parahost/base";
import { blake2b256, blake2b256Hex } from "@parahost/crypto";
import {
  bytes,
  type DecodeFailure,
  encode,
  option,
  positional,
  struct,
  tryDecode,
  u8,
  u32,
  u128,
  type ValueOf,
  variant,
} from "@parahost/scale";
import { UPWARD_MESSAGE_SIZE_MAX_BYTES } from "./constants.ts";
import { BlockNumber, Hash, ParaId } from "./ids.ts";

/** A versioned XCM, opaque here. */
export const DownwardMessage = bytes();
export type DownwardMessage = ValueOf<typeof DownwardMessage>;

/** A message waiting in a para's downward queue. */
export const InboundDownwardMessage = struct(
  {
    /** Block at which it was put into the queue. */
    sentAt: BlockNumber,
    msg: DownwardMessage,
  },
  ["polkadot_core_primitives", "InboundDownwardMessage"],
);
export type InboundDownwardMessage = ValueOf<typeof InboundDownwardMessage>;

/** A message waiting in a channel. */
export const InboundHrmpMessage = struct({ sentAt: BlockNumber, data: bytes() }, [
  "polkadot_core_primitives",
  "InboundHrmpMessage",
]);
export type InboundHrmpMessage = ValueOf<typeof InboundHrmpMessage>;

/** A message that a candidate sends to another para. */
export const OutboundHrmpMessage = struct({ recipient: ParaId, data: bytes() }, [
  "polkadot_core_primitives",
  "OutboundHrmpMessage",
]);
export type OutboundHrmpMessage = ValueOf<typeof OutboundHrmpMessage>;

/** A one-way channel between two paras. */
export const HrmpChannelId = struct({ sender: ParaId, recipient: ParaId }, [
  "polkadot_parachain_primitives",
  "primitives",
  "HrmpChannelId",
]);
export type HrmpChannelId = ValueOf<typeof HrmpChannelId>;

/** State of a channel as the relay chain stores it. */
export const HrmpChannel = struct(
  {
    /** Messages that may wait. */
    maxCapacity: u32,
    /** Bytes that may wait. */
    maxTotalSize: u32,
    maxMessageSize: u32,
    msgCount: u32,
    totalSize: u32,
    /** Head of the chain of all messages ever sent; absent before the first. */
    mqcHead: option(Hash),
    senderDeposit: u128,
    recipientDeposit: u128,
  },
  ["polkadot_runtime_parachains", "hrmp", "HrmpChannel"],
);
export type HrmpChannel = ValueOf<typeof HrmpChannel>;

/** The part of `HrmpChannel` that paras read by proof. */
export const AbridgedHrmpChannel = struct(
  {
    maxCapacity: u32,
    maxTotalSize: u32,
    maxMessageSize: u32,
    msgCount: u32,
    totalSize: u32,
    mqcHead: option(Hash),
  },
  ["polkadot_primitives", "v9", "AbridgedHrmpChannel"],
);
export type AbridgedHrmpChannel = ValueOf<typeof AbridgedHrmpChannel>;

/** A versioned XCM, or a signal if it comes after an empty message. */
export const UpwardMessage = bytes(UPWARD_MESSAGE_SIZE_MAX_BYTES);
export type UpwardMessage = ValueOf<typeof UpwardMessage>;

/** Longest name of a peer in an `approvedPeer` signal. */
export const APPROVED_PEER_MAX_BYTES = 64;
/** Signals of one candidate. */
export const UMP_SIGNALS_MAX = 2;

/** What a candidate tells the relay chain beside its messages; forbidden with v1 descriptors. */
export const UmpSignal = variant(
  {
    /** Which of the para's cores the candidate wants. */
    selectCore: [
      0,
      positional(
        struct({
          /** Taken modulo the number of cores the para has there. */
          coreSelector: u8,
          /** Depth in the claim queue at which the core is looked up. */
          claimQueueOffset: u8,
        }),
      ),
    ],
    /** The collator's peer id, whose reputation the validators raise. */
    approvedPeer: [1, bytes(APPROVED_PEER_MAX_BYTES)],
  },
  ["polkadot_primitives", "v9", "UMPSignal"],
);
export type UmpSignal = ValueOf<typeof UmpSignal>;

export interface UpwardParts {
  readonly messages: readonly UpwardMessage[];
  readonly signals: readonly UmpSignal[];
}

export type UmpSignalError =
  | { readonly code: "tooManySignals"; readonly count: number }
  | { readonly code: "duplicateSignal"; readonly signal: UmpSignal["type"] }
  | { readonly code: "malformedSignal"; readonly failure: DecodeFailure };

/** Separates messages from the signals behind the first empty message. */
export function splitUpwardMessages(
  upward: readonly UpwardMessage[],
): Result<UpwardParts, UmpSignalError> {
  const separator = upward.findIndex((message) => message.length === 0);
  if (separator === -1) return ok({ messages: upward, signals: [] });
  const encoded = upward.slice(separator + 1);
  if (encoded.length > UMP_SIGNALS_MAX)
    return err({ code: "tooManySignals", count: encoded.length });
  const signals: UmpSignal[] = [];
  for (const message of encoded) {
    const signal = tryDecode(UmpSignal, message);
    if (!signal.ok) return err({ code: "malformedSignal", failure: signal.error });
    if (signals.some((earlier) => earlier.type === signal.value.type))
      return err({ code: "duplicateSignal", signal: signal.value.type });
    signals.push(signal.value);
  }
  return ok({ messages: upward.slice(0, separator), signals });
}

/** Appends signals to a candidate's messages; nothing is added when there are none. */
export function joinUpwardMessages(parts: UpwardParts): UpwardMessage[] {
  if (parts.signals.length === 0) return [...parts.messages];
  return [
    ...parts.messages,
    new Uint8Array(0),
    ...parts.signals.map((signal) => encode(UmpSignal, signal)),
  ];
}

/**
 * Head of a message queue chain after one more message; the chain starts from `ZERO_HASH`. A para
 * that has processed the same messages arrives at the same head.
 */
export function messageQueueHead(previous: Hash, sentAt: BlockNumber, message: Uint8Array): Hash {
  const link = blake2b256(encode(DownwardMessage, message));
  return blake2b256Hex(concatBytes(hexToBytes(previous), u32Bytes(sentAt), link)) as Hash;
}
