/** Whatever stashes, root and offenders do, no stake is lost or made: a walk over random operations. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { type AccountId, asSessionIndex } from "@parahost/primitives";
import fc from "fast-check";
import { ROOT, type State } from "../../framework/index.ts";
import type { TestChain } from "../../testing/chain.ts";
import { named, stakingChain, stashOf } from "../../testing/staking.ts";
import { balanceOnHold } from "../balances/hold.ts";
import { STAKING_HOLD } from "../balances/reasons.ts";
import { totalIssuance, UNIT } from "../balances/storage.ts";
import { validators } from "../session/storage.ts";
import { storage as accountStorage } from "../system/accounts.ts";
import {
  bond,
  bondExtra,
  reapStash,
  rebond,
  setPayee,
  unbond,
  withdrawUnbonded,
} from "./bonding.ts";
import { exposedNominators } from "./exposure.ts";
import { staking } from "./pallet.ts";
import { setStakingConfigs } from "./parameters.ts";
import { payoutStakers } from "./payout.ts";
import { chill, chillOther, forceApplyMinCommission, kick, nominate, validate } from "./roles.ts";
import { slashOffenders } from "./slashing.ts";
import { activeEra, storage } from "./storage.ts";

const ACCOUNTS: readonly AccountId[] = [
  ...[0, 1, 2, 3].map(stashOf),
  ...["Alice", "Bob", "Charlie"].map(named),
];
const at = (index: number) => ACCOUNTS[index % ACCOUNTS.length] as AccountId;

interface Step {
  readonly name: string;
  readonly who: number;
  readonly other: number;
  /** Of a unit, or of whatever the operation counts in. */
  readonly amount: bigint;
}

type Operation = (state: State, step: Step) => { readonly ok: boolean } | undefined;

const OPERATIONS: Readonly<Record<string, Operation>> = {
  bond: (state, { who, amount }) => bond(state, at(who), amount, { type: "staked" }),
  bondExtra: (state, { who, amount }) => bondExtra(state, at(who), amount),
  unbond: (state, { who, amount }) => unbond(state, at(who), amount),
  withdraw: (state, { who }) => withdrawUnbonded(state, at(who)),
  rebond: (state, { who, amount }) => rebond(state, at(who), amount),
  validate: (state, { who, amount }) =>
    validate(state, at(who), { commission: Number(amount % 1_000_000_001n), blocked: false }),
  nominate: (state, { who, other }) => nominate(state, at(who), [at(other), at(other + 1)]),
  chill: (state, { who }) => chill(state, at(who)),
  kick: (state, { who, other }) => kick(state, at(who), [at(other)]),
  reap: (state, { who }) => reapStash(state, at(who)),
  payTo: (state, { who, other }) => setPayee(state, at(who), { type: "account", value: at(other) }),
  slash: (state, { who, other, amount }) => {
    const fraction = Number(amount % 1_000_000_001n);
    slashOffenders(state, [{ validator: at(who), fraction }], asSessionIndex(other), [at(other)]);
    return undefined;
  },
  payout: (state, { who, other }) => payoutStakers(state, at(who), other),
  unstake: (state, { who }) =>
    staking.calls.forceUnstake.dispatch(state, ROOT, { stash: at(who), numSlashingSpans: 0 }),
  chillOther: (state, { who, other }) => chillOther(state, at(who), at(other)),
  limits: (state, { who, other, amount }) =>
    setStakingConfigs(state, {
      minNominatorBond: { type: "set", value: amount / 100n },
      minValidatorBond: { type: "noop" },
      maxNominatorCount: { type: "set", value: who },
      maxValidatorCount: { type: "noop" },
      chillThreshold: { type: "set", value: other },
      minCommission: { type: "set", value: Number(amount % 1_000_000_001n) },
      maxStakedRewards: { type: "set", value: Number(amount % 101n) },
    }),
  raiseCommission: (state, { who }) => forceApplyMinCommission(state, at(who)),
  force: (state) => staking.calls.forceNewEra.dispatch(state, ROOT, {}),
};

const step: fc.Arbitrary<Step> = fc.record({
  name: fc.constantFrom("block", "block", "block", ...Object.keys(OPERATIONS)),
  who: fc.nat(ACCOUNTS.length - 1),
  other: fc.nat(ACCOUNTS.length - 1),
  amount: fc.oneof(fc.bigInt(0n, 300n * UNIT), fc.bigInt(0n, 200_000n * UNIT)),
});

function run(chain: TestChain, taken: Step): void {
  const { state } = chain;
  const operation = OPERATIONS[taken.name];
  if (operation === undefined) {
    chain.add();
    return;
  }
  state.begin();
  const outcome = operation(state, taken);
  if (outcome === undefined || outcome.ok) state.commit();
  else state.rollback();
}

function assertSound(state: State): void {
  let sum = 0n;
  for (const [, { data }] of accountStorage.account.entries(state))
    sum += data.free + data.reserved;
  assert.equal(totalIssuance(state), sum, "the issuance is the sum of all balances");

  for (const who of ACCOUNTS) {
    const ledger = storage.ledger.get(state, who);
    assert.equal(balanceOnHold(state, STAKING_HOLD, who), ledger?.total ?? 0n, "stake is on hold");
    assert.equal(storage.bonded.has(state, who), ledger !== undefined);
    if (ledger === undefined) {
      assert.ok(!storage.validators.has(state, who) && !storage.nominators.has(state, who));
      continue;
    }
    const parts = ledger.unlocking.reduce((total, { value }) => total + value, ledger.active);
    assert.equal(parts, ledger.total, "a ledger's total is its parts");
    assert.ok(!(storage.validators.has(state, who) && storage.nominators.has(state, who)));
  }
  assert.equal(storage.counterForValidators.get(state), storage.validators.keys(state).length);
  assert.equal(storage.counterForNominators.get(state), storage.nominators.keys(state).length);

  const era = activeEra(state) as number;
  let exposed = 0n;
  for (const [who, overview] of storage.erasStakersOverview.entriesOf(state, era)) {
    const others = exposedNominators(state, era, who);
    const backing = others.reduce((total, { value }) => total + value, overview.own);
    assert.equal(backing, overview.total, "an exposure's total is its parts");
    exposed += overview.total;
  }
  assert.equal(storage.erasTotalStake.get(state, era), exposed);
  assert.ok(validators(state).length >= 2);
}

test("stake and issuance are conserved over random operations, eras and slashes", () => {
  fc.assert(
    fc.property(fc.array(step, { minLength: 20, maxLength: 50 }), (steps) => {
      const chain = stakingChain({ bondingDuration: 2 });
      for (const taken of steps) {
        run(chain, taken);
        assertSound(chain.state);
      }
    }),
    { numRuns: 12, seed: 2 },
  );
});
