/**
 * Accounts and the native token, laid out as Polkadot's System and Balances. An account with less than the
 * existential deposit does not exist.
 */

import { Bytes } from "./bytes";
import { beginEvent, endEvent } from "./events";
import { fundsUnavailable, belowMinimum, done, Outcome, overflow } from "./outcome";
import { Reader, Writer } from "./scale";
import { state } from "./state";
import { itemPrefix, KeyWriter } from "./storage";
import { U128 } from "./u128";

const SYSTEM: u8 = 0;
const NEW_ACCOUNT: u8 = 3;
const KILLED_ACCOUNT: u8 = 4;

const BALANCES: u8 = 10;
const ENDOWED: u8 = 0;
const DUST_LOST: u8 = 1;
const TRANSFER: u8 = 2;
const RESERVED: u8 = 4;
const UNRESERVED: u8 = 5;
const WITHDRAW: u8 = 8;
const MINTED: u8 = 10;
const BURNED: u8 = 12;

/** Every account has the flag of the newer rules for balances. */
const FLAGS_HIGH: u64 = 1 << 63;
const ACCOUNT_BYTES: i32 = 80;

export class Account {
  nonce: u32 = 0;
  providers: u32 = 0;
  free: U128 = new U128(0, 0);
  /** Other fields, which only pallets of clients' imagination use; kept as they are. */
  consumers: u32 = 0;
  sufficients: u32 = 0;
  reserved: U128 = new U128(0, 0);
  frozen: U128 = new U128(0, 0);
  flags: U128 = new U128(0, FLAGS_HIGH);

  get exists(): bool {
    return this.providers != 0 || this.sufficients != 0;
  }

  static read(bytes: Bytes): Account {
    const reader = new Reader(bytes);
    const account = new Account();
    account.nonce = reader.u32();
    account.consumers = reader.u32();
    account.providers = reader.u32();
    account.sufficients = reader.u32();
    account.free = U128.read(reader);
    account.reserved = U128.read(reader);
    account.frozen = U128.read(reader);
    account.flags = U128.read(reader);
    reader.end();
    return account;
  }

  encode(): Bytes {
    const writer = new Writer(ACCOUNT_BYTES);
    writer.u32(this.nonce);
    writer.u32(this.consumers);
    writer.u32(this.providers);
    writer.u32(this.sufficients);
    this.free.write(writer);
    this.reserved.write(writer);
    this.frozen.write(writer);
    this.flags.write(writer);
    return writer.view();
  }
}

// @ts-ignore: decorator
@lazy let accountPrefix: Bytes | null = null;
// @ts-ignore: decorator
@lazy let existentialDeposit: U128 | null = null;

export function beginAccounts(deposit: U128): void {
  accountPrefix = itemPrefix("System", "Account");
  existentialDeposit = deposit;
}

function accountKey(who: Bytes): Bytes {
  return new KeyWriter(accountPrefix as Bytes).blake2_128Concat(who).done();
}

export function account(who: Bytes): Account {
  const stored = state().get(accountKey(who));
  return stored ? Account.read(stored) : new Account();
}

export function putAccount(who: Bytes, account: Account): void {
  state().set(accountKey(who), account.encode());
}

function deposit(): U128 {
  return existentialDeposit as U128;
}

function accountEvent(pallet: u8, index: u8, who: Bytes): Writer {
  const event = beginEvent(pallet, index);
  event.bytes(who);
  return event;
}

function amountEvent(index: u8, who: Bytes, amount: U128): void {
  amount.write(accountEvent(BALANCES, index, who));
  endEvent();
}

/** What an account holds, 0 where there is none. */
export function balance(who: Bytes): U128 {
  return account(who).free;
}

export function totalIssuance(): U128 {
  const stored = state().get(itemPrefix("Balances", "TotalIssuance"));
  return stored ? U128.read(new Reader(stored)) : new U128(0, 0);
}

function setIssuance(issuance: U128): void {
  const writer = new Writer(16);
  issuance.write(writer);
  state().set(itemPrefix("Balances", "TotalIssuance"), writer.view());
}

/** Adds to an account, which may begin with it; fails where too little would be there. */
function credit(who: Bytes, amount: U128): Outcome {
  const receiver = account(who);
  if (!U128.canAdd(receiver.free, amount)) return overflow;
  const free = receiver.free.plus(amount);
  if (!receiver.exists) {
    if (free.isLessThan(deposit())) return belowMinimum;
    receiver.providers = 1;
    accountEvent(SYSTEM, NEW_ACCOUNT, who);
    endEvent();
    amountEvent(ENDOWED, who, amount);
  }
  receiver.free = free;
  putAccount(who, receiver);
  return done;
}

/**
 * Takes from an account, which ends where too little is left: what it still had is lost. One that has tokens
 * set aside goes on.
 */
function debit(who: Bytes, amount: U128, keepAlive: bool): Outcome {
  const payer = account(who);
  if (payer.free.isLessThan(amount)) return fundsUnavailable;
  const left = payer.free.minus(amount);
  if (left.isLessThan(deposit())) {
    if (keepAlive || !payer.reserved.isZero) return fundsUnavailable;
    if (!left.isZero) {
      amountEvent(DUST_LOST, who, left);
      setIssuance(totalIssuance().minus(left));
    }
    payer.free = new U128(0, 0);
    payer.providers = 0;
    // Its number stays, so that no transaction of it is ever good again.
    if (payer.nonce == 0) state().remove(accountKey(who));
    else putAccount(who, payer);
    accountEvent(SYSTEM, KILLED_ACCOUNT, who);
    endEvent();
    return done;
  }
  payer.free = left;
  putAccount(who, payer);
  return done;
}

/** Moves tokens. With `keepAlive` the sender's account must go on. */
export function transfer(from: Bytes, to: Bytes, amount: U128, keepAlive: bool): Outcome {
  if (!from.equals(to)) {
    const paid = debit(from, amount, keepAlive);
    if (paid != done) return paid;
    const received = credit(to, amount);
    if (received != done) return received;
  } else if (balance(from).isLessThan(amount)) return fundsUnavailable;
  const event = accountEvent(BALANCES, TRANSFER, from);
  event.bytes(to);
  amount.write(event);
  endEvent();
  return done;
}

/** Makes tokens. */
export function mint(who: Bytes, amount: U128): Outcome {
  const issuance = totalIssuance();
  if (!U128.canAdd(issuance, amount)) return overflow;
  const received = credit(who, amount);
  if (received != done) return received;
  setIssuance(issuance.plus(amount));
  amountEvent(MINTED, who, amount);
  return done;
}

/** Destroys tokens of an account. */
export function burn(who: Bytes, amount: U128): Outcome {
  const paid = debit(who, amount, false);
  if (paid != done) return paid;
  setIssuance(totalIssuance().minus(amount));
  amountEvent(BURNED, who, amount);
  return done;
}

/** What an account has set aside. */
export function reservedBalance(who: Bytes): U128 {
  return account(who).reserved;
}

/** Sets tokens of an account aside: they stay its own, and it cannot spend them. The account must go on. */
export function reserve(who: Bytes, amount: U128): Outcome {
  const holder = account(who);
  if (holder.free.isLessThan(amount)) return fundsUnavailable;
  const left = holder.free.minus(amount);
  if (left.isLessThan(deposit())) return fundsUnavailable;
  holder.free = left;
  holder.reserved = holder.reserved.plus(amount);
  putAccount(who, holder);
  amountEvent(RESERVED, who, amount);
  return done;
}

/** Gives an account back what it has set aside, or as much as there is. */
export function unreserve(who: Bytes, amount: U128): void {
  const holder = account(who);
  const given = amount.isLessThan(holder.reserved) ? amount : holder.reserved;
  holder.reserved = holder.reserved.minus(given);
  holder.free = holder.free.plus(given);
  putAccount(who, holder);
  amountEvent(UNRESERVED, who, given);
}

/** Destroys tokens that an account has set aside, or as many as there are. */
export function burnReserved(who: Bytes, amount: U128): void {
  const holder = account(who);
  const burned = amount.isLessThan(holder.reserved) ? amount : holder.reserved;
  holder.reserved = holder.reserved.minus(burned);
  putAccount(who, holder);
  setIssuance(totalIssuance().minus(burned));
  amountEvent(BURNED, who, burned);
}

/** Takes a fee from an account that has it; the tokens are destroyed. */
export function withdrawFee(who: Bytes, fee: U128): bool {
  if (debit(who, fee, false) != done) return false;
  setIssuance(totalIssuance().minus(fee));
  amountEvent(WITHDRAW, who, fee);
  return true;
}
