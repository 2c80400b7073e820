/** Counts, for everybody together and for each account. */
import {
  AccountId,
  blake2_128Concat,
  call,
  declareChain,
  error,
  event,
  map,
  u32,
  value,
} from "@parahost/kit/schema";

export const chain = declareChain({
  name: "counter",
  specVersion: 1,
  transactionVersion: 1,
  token: { symbol: "UNIT", decimals: 12, existentialDeposit: 1_000_000_000n },
  fees: { base: 1_000_000_000n, perByte: 1_000_000n, perMegaWeight: 10_000n },
  pallets: {
    Counter: {
      index: 40,
      docs: "Counts.",
      storage: {
        count: value("How far everybody together has counted.", u32, 0),
        byAccount: map("How far an account has counted.", blake2_128Concat(AccountId), u32, 0),
      },
      calls: {
        increment: call(0, "Counts further.", { by: u32 }),
        reset: call(1, "Begins again; only for whoever has counted at least half of it."),
      },
      events: {
        Incremented: event(0, "Somebody counted.", { who: AccountId, by: u32, count: u32 }),
        Reset: event(1, "The count begins again.", { who: AccountId }),
      },
      errors: {
        TooLarge: error(0, "The count would not fit."),
        NotEntitled: error(1, "Somebody else has counted more."),
      },
    },
  },
});
