/**
 * Why balances are held or frozen: sums over the pallets that do so, with the pallets' indices. A reason
 * keeps its own account of its amount, so that no pallet can release what another holds.
 */
import { type ValueOf, variant } from "@parahost/scale";

export const RuntimeHoldReason = variant(
  {
    staking: [7, variant({ staking: 0 }, ["pallet_staking", "pallet", "HoldReason"])],
    preimage: [10, variant({ preimage: 0 }, ["pallet_preimage", "pallet", "HoldReason"])],
  },
  ["parahost_runtime", "RuntimeHoldReason"],
);
export type RuntimeHoldReason = ValueOf<typeof RuntimeHoldReason>;

/** Bonded to validate or nominate, or unbonding. */
export const STAKING_HOLD: RuntimeHoldReason = { type: "staking", value: { type: "staking" } };

/** Deposit of who has noted a preimage. */
export const PREIMAGE_HOLD: RuntimeHoldReason = { type: "preimage", value: { type: "preimage" } };

/** As on Polkadot: what keeps the account of a nomination pool alive. */
export const RuntimeFreezeReason = variant(
  {
    nominationPools: [
      39,
      variant({ poolMinBalance: 0 }, ["pallet_nomination_pools", "pallet", "FreezeReason"]),
    ],
  },
  ["parahost_runtime", "RuntimeFreezeReason"],
);
export type RuntimeFreezeReason = ValueOf<typeof RuntimeFreezeReason>;
