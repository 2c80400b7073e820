/** Names that are sold by auction and belong to somebody for a year. */
import {
  AccountId,
  Balance,
  blake2_128Concat,
  bytes,
  call,
  declareChain,
  error,
  event,
  MultiAddress,
  map,
  struct,
  u64,
  value,
} from "@parahost/kit/schema";

const UNIT = 1_000_000_000_000n;

const Auction = struct(
  {
    /** Milliseconds since 1970. */
    ends: u64,
    bidder: AccountId,
    bid: Balance,
  },
  ["registry", "Auction"],
);

const Registration = struct(
  {
    owner: AccountId,
    /** Milliseconds since 1970; from then on anybody may have the name sold again. */
    expires: u64,
    /** What the name stands for. */
    target: bytes(),
  },
  ["registry", "Registration"],
);

export const chain = declareChain({
  name: "registry",
  specVersion: 1,
  transactionVersion: 1,
  token: { symbol: "REG", decimals: 12, existentialDeposit: 1_000_000_000n },
  fees: { base: 1_000_000_000n, perByte: 1_000_000n, perMegaWeight: 10_000n },
  pallets: {
    Registry: {
      index: 40,
      docs: "Sells names by auction.",
      storage: {
        names: map("Names that belong to somebody.", blake2_128Concat(bytes()), Registration),
        auctions: map("Names that are being sold.", blake2_128Concat(bytes()), Auction),
        auctionMs: value("How long an auction is open, in milliseconds.", u64, 60_000n),
        minimumBid: value("The least that a name costs.", Balance, UNIT),
      },
      calls: {
        bid: call(0, "Bids for a name; the first bid opens the auction.", {
          name: bytes(),
          amount: Balance,
        }),
        setTarget: call(1, "Says what a name stands for.", { name: bytes(), target: bytes() }),
        give: call(2, "Gives a name to somebody.", { name: bytes(), to: MultiAddress }),
        release: call(3, "Gives a name up.", { name: bytes() }),
      },
      events: {
        BidPlaced: event(0, "Somebody bids the most.", {
          name: bytes(),
          bidder: AccountId,
          bid: Balance,
        }),
        Sold: event(1, "An auction is over.", { name: bytes(), owner: AccountId, price: Balance }),
        TargetSet: event(2, "A name stands for something.", { name: bytes() }),
        Given: event(3, "A name has another owner.", { name: bytes(), owner: AccountId }),
        Released: event(4, "A name is free again.", { name: bytes() }),
      },
      errors: {
        BadName: error(0, "Names have 3 to 32 lower-case letters, digits and dashes."),
        Taken: error(1, "The name belongs to somebody."),
        TooLow: error(2, "The bid must be a tenth above the last, and no less than the least."),
        TooMany: error(3, "Too many auctions are open."),
        NotOwner: error(4, "The name belongs to somebody else, or to nobody."),
        TooLong: error(5, "What a name stands for has 256 bytes at most."),
      },
      hooks: ["onInitialize"],
    },
  },
});
