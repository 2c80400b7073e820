import { block, burnReserved, Bytes, done, Origin, Outcome, reserve, U128, unreserve } from "parahost";
import { Auction, Registration, Registry } from "./generated/chain";

const YEAR_MS: u64 = 365 * 24 * 60 * 60 * 1000;
/** All of them are looked at in every block. */
const AUCTIONS_MAX: i32 = 100;
const NAME_BYTES_MIN: i32 = 3;
const NAME_BYTES_MAX: i32 = 32;
const TARGET_BYTES_MAX: i32 = 256;

export function bid(origin: Origin, name: Bytes, amount: U128): Outcome {
  if (!isName(name)) return Registry.errors.badName;
  const now = block().now();
  const registration = Registry.names.get(name);
  if (registration && now < registration.expires) return Registry.errors.taken;
  const who = origin.signer;
  const auction = Registry.auctions.get(name);
  let ends = now + Registry.auctionMs.get();
  if (auction) {
    const least = auction.bid.plus(auction.bid.dividedBy(10));
    if (amount.isLessThan(least) || amount.equals(auction.bid)) return Registry.errors.tooLow;
    unreserve(auction.bidder, auction.bid);
    ends = auction.ends;
  } else {
    if (amount.isLessThan(Registry.minimumBid.get())) return Registry.errors.tooLow;
    if (openAuctions() >= AUCTIONS_MAX) return Registry.errors.tooMany;
  }
  // A bidder whose tokens do not suffice fails here, and the bid before stands as it was.
  const outcome = reserve(who, amount);
  if (outcome != done) return outcome;
  Registry.auctions.set(name, new Auction(ends, who, amount));
  Registry.emit.bidPlaced(name, who, amount);
  return done;
}

function openAuctions(): i32 {
  const auctions = Registry.auctions.entries();
  let count = 0;
  while (auctions.next()) count += 1;
  return count;
}

function isName(name: Bytes): bool {
  if (name.length < NAME_BYTES_MIN || name.length > NAME_BYTES_MAX) return false;
  for (let index = 0; index < name.length; index++) {
    const letter = name.at(index);
    const isLetter = letter >= 0x61 && letter <= 0x7a;
    const isDigit = letter >= 0x30 && letter <= 0x39;
    if (!isLetter && !isDigit && letter != 0x2d) return false;
  }
  return true;
}

/** Names whose auctions are over go to the highest bidders, who pay. */
export function onInitialize(): void {
  const auctions = Registry.auctions.entries();
  while (auctions.next()) {
    const auction = auctions.value;
    const now = block().now();
    if (now < auction.ends) continue;
    const name = auctions.key;
    burnReserved(auction.bidder, auction.bid);
    Registry.auctions.remove(name);
    Registry.names.set(name, new Registration(auction.bidder, now + YEAR_MS, Bytes.fresh(0)));
    Registry.emit.sold(name, auction.bidder, auction.bid);
  }
}

/** What the name is to its owner, `null` to everybody else. */
function owned(name: Bytes, who: Bytes): Registration | null {
  const registration = Registry.names.get(name);
  if (!registration || !registration.owner.equals(who)) return null;
  return block().now() < registration.expires ? registration : null;
}

export function setTarget(origin: Origin, name: Bytes, target: Bytes): Outcome {
  const registration = owned(name, origin.signer);
  if (!registration) return Registry.errors.notOwner;
  if (target.length > TARGET_BYTES_MAX) return Registry.errors.tooLong;
  registration.target = target;
  Registry.names.set(name, registration);
  Registry.emit.targetSet(name);
  return done;
}

export function give(origin: Origin, name: Bytes, to: Bytes): Outcome {
  const registration = owned(name, origin.signer);
  if (!registration) return Registry.errors.notOwner;
  registration.owner = to;
  Registry.names.set(name, registration);
  Registry.emit.given(name, to);
  return done;
}

export function release(origin: Origin, name: Bytes): Outcome {
  if (!owned(name, origin.signer)) return Registry.errors.notOwner;
  Registry.names.remove(name);
  Registry.emit.released(name);
  return done;
}
