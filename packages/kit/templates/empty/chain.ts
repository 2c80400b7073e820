/** A chain with accounts, fees and a token, and room for what is yours. */
import { call, declareChain, error, event, u32, value } from "@parahost/kit/schema";

export const chain = declareChain({
  name: "empty",
  specVersion: 1,
  transactionVersion: 1,
  token: { symbol: "UNIT", decimals: 12, existentialDeposit: 1_000_000_000n },
  fees: { base: 1_000_000_000n, perByte: 1_000_000n, perMegaWeight: 10_000n },
  pallets: {
    // Indices from 40 on are free.
    Example: {
      index: 40,
      docs: "Keeps one number.",
      storage: { something: value("The number.", u32, 0) },
      calls: { doSomething: call(0, "Keeps a number.", { something: u32 }) },
      events: { SomethingStored: event(0, "A number is kept.", { something: u32 }) },
      errors: { NoValue: error(0, "Zero is no number to keep.") },
    },
  },
});
