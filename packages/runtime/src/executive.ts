/**
 * Executes blocks. An author opens a block, applies extrinsics one by one and closes it; an importer does
 * all of that with a block that it was given, and compares what comes out with what the header claims.
 *
 * A block is a function of the parent's state and its extrinsics. Whatever is wrong with it is a typed
 * refusal, after which the state is as before.
 *
 * Reference: consensus-and-sync.md 1.2, 1.6, 1.7.
 */
import { assert, bytesToHex, err, ok, type Result } from "@parahost/base";
import {
  type Block,
  type Digest,
  DigestItem,
  type Hash,
  type Header,
  type OpaqueExtrinsic,
} from "@parahost/primitives";
import { encode } from "@parahost/scale";
import {
  type DispatchError,
  type DispatchInfo,
  type DispatchResult,
  invalid,
  NONE,
  type PostDispatchInfo,
  type State,
  signedBy,
  type TransactionValidityError,
  unknownTransaction,
  type ValidTransaction,
} from "./framework/index.ts";
import * as hooks from "./hooks.ts";
import { checkInherentOrder, type InherentError, isInherent } from "./inherents.ts";
import type { ClaimError } from "./pallets/babe/pallet.ts";
import { incrementNonce } from "./pallets/system/accounts.ts";
import {
  beginBlock,
  blockNumber,
  endBlock,
  extrinsicIndex,
  extrinsicsRoot,
  noteAppliedExtrinsic,
  noteExtrinsic,
  noteFinishedExtrinsics,
  setPhase,
} from "./pallets/system/block.ts";
import { events as systemEvents } from "./pallets/system/events.ts";
import { checkSingle, reserveRoom, returnUnused } from "./pallets/system/limits.ts";
import { settleFee, withdrawFee } from "./pallets/transaction-payment.ts";
import { declarationOf, dispatch, infoOf } from "./runtime.ts";
import { checkNonce, checkSigner, signedValidity } from "./transaction/check.ts";
import {
  decodeExtrinsic,
  type Extrinsic,
  type ExtrinsicDecodeError,
  encodedLength,
  type SignedExtrinsic,
} from "./transaction/extrinsic.ts";

// One block, step by step

/** What is known of a block before its extrinsics: the author's items are all of its digest so far. */
export interface BlockOpening {
  readonly parentHash: Hash;
  readonly number: number;
  readonly digest: Digest;
}

/** Opens a block upon `state`. After a refusal the state is spoilt: the caller drops it. */
export function initializeBlock(state: State, opening: BlockOpening): Result<void, ClaimError> {
  beginBlock(state, opening.number, opening.parentHash, opening.digest);
  const initialized = hooks.onInitialize(state);
  if (initialized.ok) setPhase(state, { type: "applyExtrinsic", value: 0 });
  return initialized;
}

/** Why an extrinsic is not in the block. */
export type ApplyError =
  | ExtrinsicDecodeError
  | { readonly code: "invalid"; readonly reason: TransactionValidityError }
  /** A mandatory extrinsic failed; the block that carries it is invalid. */
  | { readonly code: "mandatoryFailed"; readonly reason: DispatchError };

/**
 * Applies one extrinsic (without its length prefix). A refused one leaves no trace; one that is included but
 * whose call fails has paid its fee and leaves an event.
 */
export function applyExtrinsic(
  state: State,
  extrinsic: OpaqueExtrinsic,
): Result<DispatchResult, ApplyError> {
  const decoded = decodeExtrinsic(extrinsic);
  if (!decoded.ok) return decoded;
  return applyDecoded(state, decoded.value, extrinsic);
}

function applyDecoded(
  state: State,
  extrinsic: Extrinsic,
  bytes: OpaqueExtrinsic,
): Result<DispatchResult, ApplyError> {
  const length = encodedLength(bytes);
  state.begin();
  noteExtrinsic(state, bytes);
  const applied =
    extrinsic.type === "signed"
      ? applySigned(state, extrinsic, length)
      : applyBare(state, extrinsic.call, length);
  if (applied.ok) {
    noteAppliedExtrinsic(state);
    state.commit();
  } else state.rollback();
  return applied;
}

const refuse = (reason: TransactionValidityError): Result<never, ApplyError> =>
  err({ code: "invalid", reason });

function applySigned(
  state: State,
  extrinsic: SignedExtrinsic,
  length: number,
): Result<DispatchResult, ApplyError> {
  const info = infoOf(extrinsic.call);
  const signer = checkSigner(state, extrinsic);
  if (!signer.ok) return refuse(signer.error);
  const who = signer.value;
  const nonce = checkNonce(state, who, extrinsic.extra.nonce);
  if (!nonce.ok) return refuse(nonce.error);
  if (nonce.value === "later") return refuse(invalid("future"));
  const room = reserveRoom(state, info, length);
  if (!room.ok) return refuse(room.error);
  const { tip } = extrinsic.extra;
  const withdrawn = withdrawFee(state, who, info, length, tip);
  if (!withdrawn.ok) return refuse(withdrawn.error);
  incrementNonce(state, who);

  const outcome = dispatch(state, signedBy(who), extrinsic.call);
  const post: PostDispatchInfo = outcome.ok ? outcome.value : {};
  settleFee(state, who, withdrawn.value, info, post, length, tip);
  return conclude(state, info, post, outcome);
}

function applyBare(
  state: State,
  call: Extrinsic["call"],
  length: number,
): Result<DispatchResult, ApplyError> {
  const info = infoOf(call);
  if (!isInherent(call)) {
    const valid = checkUnsigned(state, call);
    if (!valid.ok) return refuse(valid.error);
  }
  const room = reserveRoom(state, info, length);
  if (!room.ok) return refuse(room.error);
  const outcome = dispatch(state, NONE, call);
  return conclude(state, info, outcome.ok ? outcome.value : {}, outcome);
}

function checkUnsigned(
  state: State,
  call: Extrinsic["call"],
): Result<ValidTransaction, TransactionValidityError> {
  const { validateUnsigned } = declarationOf(call);
  if (validateUnsigned === undefined) return err(unknownTransaction("noUnsignedValidator"));
  return validateUnsigned(state, (call.value.value ?? {}) as never);
}

/** Corrects the weight and reports how the call ended. */
function conclude(
  state: State,
  info: DispatchInfo,
  post: PostDispatchInfo,
  outcome: DispatchResult,
): Result<DispatchResult, ApplyError> {
  if (info.class === "mandatory" && !outcome.ok)
    return err({ code: "mandatoryFailed", reason: outcome.error });
  const weight = post.actualWeight ?? info.weight;
  returnUnused(state, info, weight);
  const paysFee = info.paysFee && (post.paysFee ?? true);
  const dispatchInfo = {
    weight,
    class: { type: info.class },
    paysFee: { type: paysFee ? "yes" : "no" },
  } as const;
  if (outcome.ok)
    systemEvents.deposit(state, { type: "extrinsicSuccess", value: { dispatchInfo } });
  else
    systemEvents.deposit(state, {
      type: "extrinsicFailed",
      value: { dispatchError: outcome.error, dispatchInfo },
    });
  return ok(outcome);
}

/** Closes the block and returns its header, without the seal. */
export function finalizeBlock(state: State): Header {
  noteFinishedExtrinsics(state);
  hooks.onFinalize(state);
  return endBlock(state);
}

// A whole block

/** Why a block is invalid. */
export type BlockError =
  | { readonly code: "wrongNumber"; readonly number: number; readonly expected: number }
  /** The seal is not the runtime's affair: it is verified and taken off before. */
  | { readonly code: "sealed" }
  | { readonly code: "extrinsicsRootMismatch"; readonly computed: Hash }
  | ClaimError
  | InherentError
  | { readonly code: "extrinsicRefused"; readonly index: number; readonly error: ApplyError }
  /** The item at `index` differs from what execution deposited, or one of the two is missing. */
  | { readonly code: "digestMismatch"; readonly index: number }
  | { readonly code: "stateRootMismatch"; readonly computed: Hash };

/**
 * Executes a block, seal taken off, upon its parent's state and checks everything that the header claims.
 * That `parentHash` is the hash of the block behind `state` is the caller's knowledge. On success the
 * state is the block's; on refusal it is as before.
 */
export function executeBlock(state: State, block: Block): Result<Header, BlockError> {
  state.begin();
  const executed = execute(state, block);
  if (executed.ok) state.commit();
  else state.rollback();
  return executed;
}

function execute(state: State, { header, extrinsics }: Block): Result<Header, BlockError> {
  const expected = blockNumber(state) + 1;
  if (header.number !== expected)
    return err({ code: "wrongNumber", number: header.number, expected });
  if (header.digest.some((item) => item.type === "seal")) return err({ code: "sealed" });
  const computed = extrinsicsRoot(extrinsics);
  if (computed !== header.extrinsicsRoot) return err({ code: "extrinsicsRootMismatch", computed });

  const decoded: Extrinsic[] = [];
  for (const [index, bytes] of extrinsics.entries()) {
    const extrinsic = decodeExtrinsic(bytes);
    if (!extrinsic.ok) return err({ code: "extrinsicRefused", index, error: extrinsic.error });
    decoded.push(extrinsic.value);
  }
  const ordered = checkInherentOrder(decoded);
  if (!ordered.ok) return ordered;

  const initialized = initializeBlock(state, header);
  if (!initialized.ok) return initialized;
  for (const [index, extrinsic] of decoded.entries()) {
    assert(extrinsicIndex(state) === index, "extrinsics are applied in order");
    const applied = applyDecoded(state, extrinsic, extrinsics[index] as OpaqueExtrinsic);
    if (!applied.ok) return err({ code: "extrinsicRefused", index, error: applied.error });
  }
  const produced = finalizeBlock(state);
  assert(produced.extrinsicsRoot === header.extrinsicsRoot, "every extrinsic was applied");
  return compare(produced, header);
}

function compare(produced: Header, claimed: Header): Result<Header, BlockError> {
  const length = Math.max(produced.digest.length, claimed.digest.length);
  for (let index = 0; index < length; index++) {
    const ours = produced.digest[index];
    const theirs = claimed.digest[index];
    if (ours === undefined || theirs === undefined || !equalItems(ours, theirs))
      return err({ code: "digestMismatch", index });
  }
  if (produced.stateRoot !== claimed.stateRoot)
    return err({ code: "stateRootMismatch", computed: produced.stateRoot });
  return ok(produced);
}

const equalItems = (a: DigestItem, b: DigestItem): boolean =>
  bytesToHex(encode(DigestItem, a)) === bytesToHex(encode(DigestItem, b));

// The pool

/**
 * Whether a transaction may enter the pool upon the state of block `parentHash`, the one that the next
 * block builds on. The state stays as it is.
 */
export function validateTransaction(
  state: State,
  extrinsic: OpaqueExtrinsic,
  parentHash: Hash,
): Result<ValidTransaction, TransactionValidityError> {
  const decoded = decodeExtrinsic(extrinsic);
  if (!decoded.ok) return err(invalid("call"));
  state.begin();
  beginBlock(state, blockNumber(state) + 1, parentHash, []);
  const validity = validate(state, decoded.value, encodedLength(extrinsic));
  state.rollback();
  return validity;
}

function validate(
  state: State,
  extrinsic: Extrinsic,
  length: number,
): Result<ValidTransaction, TransactionValidityError> {
  const info = infoOf(extrinsic.call);
  if (info.class === "mandatory") return err(invalid("mandatoryValidation"));
  const fits = checkSingle(info, length);
  if (!fits.ok) return fits;
  if (extrinsic.type === "bare") return checkUnsigned(state, extrinsic.call);
  const signer = checkSigner(state, extrinsic);
  if (!signer.ok) return signer;
  const who = signer.value;
  const { nonce, tip } = extrinsic.extra;
  const checked = checkNonce(state, who, nonce);
  if (!checked.ok) return checked;
  const valid = signedValidity(state, who, extrinsic, info, length);
  const paid = withdrawFee(state, who, info, length, tip);
  return paid.ok ? ok(valid) : paid;
}
