/**
 * A stash's ledger as a value: what unbonding, rebonding, withdrawing and slashing make of it. Nothing here
 * touches the state.
 */
import type { Balance } from "@parahost/primitives";
import { smaller } from "../balances/storage.ts";
import type { EraIndex, StakingLedger, UnlockChunk } from "./storage.ts";

/** Moves `value` of the active stake into the chunk of `era`. */
export function unbonded(ledger: StakingLedger, value: Balance, era: EraIndex): StakingLedger {
  const last = ledger.unlocking.at(-1);
  const unlocking: readonly UnlockChunk[] =
    last?.era === era
      ? [...ledger.unlocking.slice(0, -1), { era, value: last.value + value }]
      : [...ledger.unlocking, { era, value }];
  return { ...ledger, active: ledger.active - value, unlocking };
}

/** Without the chunks that are free in `era`; they no longer belong to the total. */
export function withdrawn(ledger: StakingLedger, era: EraIndex): StakingLedger {
  const unlocking = ledger.unlocking.filter((chunk) => chunk.era > era);
  const left = unlocking.reduce((sum, { value }) => sum + value, ledger.active);
  return { ...ledger, total: left, unlocking };
}

/** Makes up to `value` of what is unlocking active again, beginning with what was unbonded last. */
export function rebonded(ledger: StakingLedger, value: Balance): StakingLedger {
  const unlocking = [...ledger.unlocking];
  let missing = value;
  while (missing > 0n) {
    const chunk = unlocking.pop();
    if (chunk === undefined) break;
    const taken = smaller(chunk.value, missing);
    missing -= taken;
    if (taken < chunk.value) unlocking.push({ ...chunk, value: chunk.value - taken });
  }
  return { ...ledger, active: ledger.active + value - missing, unlocking };
}

/**
 * Takes up to `amount` for an offence of an era in which chunks that are free from `firstEra` on were still
 * active. Those and the active stake lose in proportion; what they do not cover is taken from the other
 * chunks, the youngest first.
 */
export function slashed(
  ledger: StakingLedger,
  amount: Balance,
  firstEra: EraIndex,
): { readonly ledger: StakingLedger; readonly taken: Balance } {
  const wasActive = ({ era }: UnlockChunk) => era >= firstEra;
  const exposed = ledger.unlocking
    .filter(wasActive)
    .reduce((sum, { value }) => sum + value, ledger.active);
  const fromExposed = smaller(amount, exposed);
  let left = fromExposed;
  const take = (value: Balance): Balance => {
    if (exposed === 0n) return 0n;
    // Rounded up, so that the last one is never asked for more than it has.
    const share = (value * fromExposed + exposed - 1n) / exposed;
    const taken = smaller(smaller(share, value), left);
    left -= taken;
    return taken;
  };
  const active = ledger.active - take(ledger.active);
  let unlocking = ledger.unlocking.map((chunk) =>
    wasActive(chunk) ? { ...chunk, value: chunk.value - take(chunk.value) } : chunk,
  );
  let missing = amount - fromExposed;
  for (let i = unlocking.length - 1; i >= 0 && missing > 0n; i--) {
    const chunk = unlocking[i] as UnlockChunk;
    const taken = smaller(chunk.value, missing);
    missing -= taken;
    unlocking[i] = { ...chunk, value: chunk.value - taken };
  }
  unlocking = unlocking.filter(({ value }) => value > 0n);
  const total = unlocking.reduce((sum, { value }) => sum + value, active);
  return { ledger: { ...ledger, active, unlocking, total }, taken: ledger.total - total };
}
