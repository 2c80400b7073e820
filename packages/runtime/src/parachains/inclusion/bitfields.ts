/**
 * Availability bitfields: which are good, and what they say about the candidates on the cores.
 *
 * Guide: runtime/inclusion.md, `process_bitfields`. Reference: 4.5.
 */
import { err, ok, type Result } from "@parahost/base";
import type { SignatureItem } from "@parahost/crypto";
import {
  bitfieldPayload,
  type SigningContext,
  supermajority,
  type UncheckedSignedAvailabilityBitfield,
  type ValidatorId,
  type ValidatorIndex,
} from "@parahost/primitives";
import { type BitVec, countOnes } from "@parahost/scale";

export type BitfieldError =
  | "wrongBitfieldSize"
  | "bitfieldDuplicateOrUnordered"
  | "validatorIndexOutOfBounds"
  | "invalidBitfieldSignature";

export interface BitfieldContext {
  readonly coreCount: number;
  /** Keys of the active validators. */
  readonly validators: readonly ValidatorId[];
  /** Of the parent block: what the bitfield describes is the state after it. */
  readonly signingContext: SigningContext;
  readonly verify: (item: SignatureItem) => boolean;
}

/** Checks one bitfield against the one before it in the list, if any. */
export function checkBitfield(
  { payload, validatorIndex, signature }: UncheckedSignedAvailabilityBitfield,
  previous: ValidatorIndex | undefined,
  { coreCount, validators, signingContext, verify }: BitfieldContext,
): Result<void, BitfieldError> {
  if (payload.length !== coreCount) return err("wrongBitfieldSize");
  if (previous !== undefined && validatorIndex <= previous)
    return err("bitfieldDuplicateOrUnordered");
  const publicKey = validators[validatorIndex];
  if (publicKey === undefined) return err("validatorIndexOutOfBounds");
  const message = bitfieldPayload(payload, signingContext);
  if (!verify({ scheme: "sr25519", publicKey, message, signature }))
    return err("invalidBitfieldSignature");
  return ok(undefined);
}

/** What a set bit of a core means in this block. */
export type CoreBit =
  /** A vote for the candidate on the core. */
  | "occupied"
  /** Nothing: the candidate was removed earlier in this block because of a dispute. */
  | "disputed"
  /** There is nothing to vote for: the whole bitfield is disregarded. */
  | "free";

/** The cores that a bitfield votes for; `undefined` when it is to be disregarded as a whole. */
export function votedCores(bitfield: BitVec, cores: readonly CoreBit[]): number[] | undefined {
  const voted: number[] = [];
  for (let at = 0; at < bitfield.bytes.length; at++) {
    // Most of the work of a block with many validators is here: whole bytes are skipped, bits peeled off.
    for (let byte = bitfield.bytes[at] as number; byte !== 0; byte &= byte - 1) {
      const core = at * 8 + (31 - Math.clz32(byte & -byte));
      const bit = cores[core];
      if (bit === "free" || bit === undefined) return undefined;
      if (bit === "occupied") voted.push(core);
    }
  }
  return voted;
}

/** Votes for one candidate, collected before they are stored. */
export class VoteTally {
  readonly #bits: Uint8Array;
  readonly #length: number;
  #changed = false;

  constructor(votes: BitVec) {
    this.#bits = votes.bytes.slice();
    this.#length = votes.length;
  }

  add(validator: ValidatorIndex): void {
    const at = validator >> 3;
    const mask = 1 << (validator & 7);
    const before = this.#bits[at] as number;
    if ((before & mask) !== 0) return;
    this.#bits[at] = before | mask;
    this.#changed = true;
  }

  /** Whether any vote was new. */
  get changed(): boolean {
    return this.#changed;
  }

  get votes(): BitVec {
    return { length: this.#length, bytes: this.#bits };
  }
}

/** Available: so many validators hold chunks that the honest ones among them can restore the data. */
export const isAvailable = (votes: BitVec): boolean =>
  countOnes(votes) >= supermajority(votes.length);
