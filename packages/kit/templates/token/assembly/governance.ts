import {
  blake2b256,
  block,
  Bytes,
  done,
  Origin,
  Outcome,
  reserve,
  totalIssuance,
  U128,
  unreserve,
} from "parahost";
import { Governance, Proposal, Subject } from "./generated/chain";

/** A vote passes with more ayes than nays, if the ayes are at least this part of all tokens. */
const QUORUM_DIVISOR: u64 = 10;
const CLOSING_AT_ONCE_MAX: i32 = 8;
const FEE_PERCENT_MAX: u64 = 10_000;
const VOTING_BLOCKS_MAX: u64 = 1_000_000;

// Tokens that vote

export function bond(origin: Origin, amount: U128): Outcome {
  const who = origin.signer;
  const outcome = reserve(who, amount);
  if (outcome != done) return outcome;
  Governance.bonded.set(who, Governance.bonded.get(who).plus(amount));
  Governance.emit.bonded(who, amount);
  return done;
}

export function unbond(origin: Origin): Outcome {
  const who = origin.signer;
  const amount = Governance.bonded.get(who);
  if (amount.isZero) return Governance.errors.nothingBonded;
  // Tokens that were free before their vote is counted could vote again from another account.
  if (Governance.lockedUntil.get(who) > block().number) return Governance.errors.locked;
  unreserve(who, amount);
  Governance.bonded.remove(who);
  Governance.lockedUntil.remove(who);
  Governance.emit.unbonded(who, amount);
  return done;
}

// Votes

export function proposeParameter(origin: Origin, subject: u8, value: U128): Outcome {
  return isAllowed(subject, value)
    ? open(origin.signer, subject, value, Bytes.fresh(32))
    : Governance.errors.badValue;
}

export function proposeCode(origin: Origin, codeHash: Bytes): Outcome {
  return open(origin.signer, Subject.code, U128.of(0), codeHash);
}

function isAllowed(subject: u8, value: U128): bool {
  switch (subject) {
    case Subject.feePercent:
      return value.high == 0 && value.low <= FEE_PERCENT_MAX;
    case Subject.votingBlocks:
      return value.high == 0 && value.low > 0 && value.low <= VOTING_BLOCKS_MAX;
    default:
      return subject == Subject.mintLimit;
  }
}

function open(who: Bytes, subject: u8, value: U128, codeHash: Bytes): Outcome {
  if (Governance.bonded.get(who).isZero) return Governance.errors.nothingBonded;
  const id = Governance.proposalCount.get();
  const ends = block().number + Governance.votingBlocks.get();
  const known = Governance.closing.get(ends);
  const closing = known ? known : new Array<u32>();
  if (closing.length >= CLOSING_AT_ONCE_MAX) return Governance.errors.tooMany;
  closing.push(id);
  Governance.closing.set(ends, closing);
  const none = U128.of(0);
  Governance.proposals.set(id, new Proposal(subject, value, codeHash, ends, none, none));
  Governance.proposalCount.set(id + 1);
  Governance.emit.proposed(id, ends);
  return done;
}

export function vote(origin: Origin, id: u32, aye: bool): Outcome {
  const who = origin.signer;
  const amount = Governance.bonded.get(who);
  if (amount.isZero) return Governance.errors.nothingBonded;
  const proposal = Governance.proposals.get(id);
  if (!proposal) return Governance.errors.noSuchVote;
  if (Governance.voted.has(id, who)) return Governance.errors.hasVoted;
  Governance.voted.add(id, who);
  if (Governance.lockedUntil.get(who) < proposal.ends)
    Governance.lockedUntil.set(who, proposal.ends);
  if (aye) proposal.ayes = proposal.ayes.plus(amount);
  else proposal.nays = proposal.nays.plus(amount);
  Governance.proposals.set(id, proposal);
  Governance.emit.voted(id, who, aye, amount);
  return done;
}

/** Counts the votes that end with this block. */
export function onInitialize(): void {
  const number = block().number;
  const closing = Governance.closing.get(number);
  if (!closing) return;
  Governance.closing.remove(number);
  for (let index = 0; index < closing.length; index++) {
    const id = closing[index];
    const proposal = Governance.proposals.get(id) as Proposal;
    Governance.proposals.remove(id);
    const quorum = totalIssuance().dividedBy(QUORUM_DIVISOR);
    if (proposal.nays.isLessThan(proposal.ayes) && !proposal.ayes.isLessThan(quorum)) {
      enact(proposal);
      Governance.emit.passed(id);
    } else {
      Governance.emit.failed(id);
    }
  }
}

function enact(proposal: Proposal): void {
  const value = proposal.value;
  switch (proposal.subject) {
    case Subject.feePercent:
      Governance.feePercent.set(<u32>value.low);
      return;
    case Subject.mintLimit:
      Governance.mintLimit.set(value);
      return;
    case Subject.votingBlocks:
      Governance.votingBlocks.set(<u32>value.low);
      return;
    default:
      Governance.approvedCode.set(proposal.codeHash);
  }
}

export function supplyCode(_origin: Origin, code: Bytes): Outcome {
  const hash = blake2b256(code);
  const approved = Governance.approvedCode.get();
  if (!approved || !approved.equals(hash)) return Governance.errors.notApproved;
  if (!block().canUpgrade()) return Governance.errors.notNow;
  Governance.approvedCode.remove();
  block().upgrade(code);
  Governance.emit.codeSupplied(hash);
  return done;
}

// Fees

export function fee(declared: U128): U128 {
  return declared.times(Governance.feePercent.get()).dividedBy(100);
}
