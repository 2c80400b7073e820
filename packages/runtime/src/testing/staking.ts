/** A chain whose stake changes: every block is a session, a few of them an era. */
import { expectOk } from "@parahost/base";
import type { AccountId, Balance } from "@parahost/primitives";
import type { State } from "../framework/index.ts";
import { developmentAccount, developmentValidator } from "../genesis/development.ts";
import type { GenesisStaking } from "../genesis/staking.ts";
import { UNIT } from "../pallets/balances/storage.ts";
import { bond } from "../pallets/staking/bonding.ts";
import { nominate } from "../pallets/staking/roles.ts";
import { activeEra, storage } from "../pallets/staking/storage.ts";
import { TestChain } from "./chain.ts";

/** What each validator of a local network has at stake. */
export const STAKE: Balance = 100_000n * UNIT;

/** The stash of the validator with this index. */
export const stashOf = (index: number): AccountId => developmentValidator(index).account;

/** An account of genesis that stakes nothing yet: `//Alice` to `//Ferdie`. */
export const named = (name: string): AccountId => developmentAccount(`//${name}`);

/** A chain of four validators at block 1, in whose blocks a session changes each time. */
export function stakingChain(staking: Partial<GenesisStaking> = {}): TestChain {
  const chain = new TestChain({ epochSlots: 1, staking: { sessionsPerEra: 2, ...staking } });
  chain.add();
  return chain;
}

/** Bonds `units` of the account's balance. */
export function bondUnits(state: State, who: AccountId, units: bigint): void {
  expectOk(bond(state, who, units * UNIT, { type: "staked" }), `${who} bonds`);
}

export function nominateWith(
  state: State,
  who: AccountId,
  units: bigint,
  ...targets: readonly AccountId[]
): void {
  bondUnits(state, who, units);
  expectOk(nominate(state, who, targets), `${who} nominates`);
}

/** Adds blocks until era `index` has begun. */
export function intoEra(chain: TestChain, index: number): void {
  while ((activeEra(chain.state) ?? 0) < index) chain.add();
}

/** What of the account's stake counts. */
export const activeOf = (state: State, stash: AccountId): Balance =>
  storage.ledger.get(state, stash)?.active ?? 0n;
