import assert from "node:assert/strict";
import { test } from "node:test";
import { expectOk } from "@parahost/base";
import { asAccountId, asParaId } from "@parahost/primitives";
import { UNIT } from "../pallets/balances/storage.ts";
import { validators } from "../pallets/session/storage.ts";
import { errors, storage } from "../pallets/staking/storage.ts";
import { named, STAKE, stashOf } from "../testing/staking.ts";
import { emptyState } from "../testing/state.ts";
import { parseChainSpec, parsePlainGenesis, plainChainSpec, plainGenesis } from "./chain-spec.ts";
import { localGenesis } from "./development.ts";
import { buildGenesis, type GenesisConfig, tryBuildGenesis, writeGenesis } from "./genesis.ts";
import type { GenesisStaking } from "./staking.ts";

const network = { validators: 4, paras: [], slotMs: 2_000, epochSlots: 20 };
const local = (staking: Partial<GenesisStaking> = {}) => localGenesis({ ...network, staking });

const refusalOf = (config: GenesisConfig) => {
  const built = tryBuildGenesis(config);
  return built.ok ? undefined : built.error;
};

test("a local network of any size begins with all of its validators at stake", () => {
  for (const count of [2, 4, 7, 31]) {
    const state = emptyState();
    const config = localGenesis({ ...network, validators: count });
    expectOk(writeGenesis(state, config), `${count} validators`);
    assert.equal(validators(state).length, count);
    assert.equal(storage.erasTotalStake.get(state, 0), BigInt(count) * STAKE);
    assert.equal(storage.validatorCount.get(state), count);
  }
});

test("nominators of genesis stand behind whom they name", () => {
  const config = local();
  const nominator = { stash: named("Alice"), bond: 50n * UNIT, nominates: [stashOf(3)] };
  const stakers = [...(config.staking?.stakers ?? []), nominator];
  const state = emptyState();
  expectOk(writeGenesis(state, local({ stakers })), "they can");
  assert.equal(storage.erasStakersOverview.get(state, 0, stashOf(3))?.total, STAKE + 50n * UNIT);
});

test("plain JSON says all of staking", () => {
  const nominator = { stash: named("Alice"), bond: 50n * UNIT, nominates: [stashOf(3)] };
  const config = local({
    stakers: [...(local().staking?.stakers ?? []), nominator],
    slashDeferDuration: 1,
  });
  const text = JSON.stringify(plainGenesis(config));
  assert.deepEqual(expectOk(parsePlainGenesis(text), "it is ours"), config);
  const info = { name: "Test", id: "test", chainType: "Local", bootNodes: [] } as const;
  const spec = expectOk(parseChainSpec(plainChainSpec(info, config)), "it is ours");
  assert.equal(spec.genesis.header.stateRoot, buildGenesis(config).header.stateRoot);
});

test("a validator with nothing at stake is refused, as is one that is not listed", () => {
  const stakers = local().staking?.stakers ?? [];
  assert.deepEqual(refusalOf(local({ stakers: stakers.slice(1) })), {
    code: "validatorsDiffer",
    field: "staking.stakers",
    account: stashOf(0),
  });
  const stranger = { stash: named("Alice"), bond: 500n * UNIT };
  assert.deepEqual(refusalOf(local({ stakers: [...stakers, stranger] })), {
    code: "validatorsDiffer",
    field: "staking.stakers",
    account: named("Alice"),
  });
});

test("a staker who cannot stake is refused with the reason", () => {
  const stakers = local().staking?.stakers ?? [];
  const poor = { stash: asAccountId(`0x${"07".repeat(32)}`), bond: UNIT, nominates: [stashOf(0)] };
  assert.deepEqual(refusalOf(local({ stakers: [...stakers, poor] })), {
    code: "cannotStake",
    field: "staking.stakers[4].bond",
    account: poor.stash,
    reason: errors.insufficientBond,
  });
  const idle = { stash: named("Alice"), bond: 50n * UNIT, nominates: [] };
  assert.deepEqual(refusalOf(local({ stakers: [...stakers, idle] })), {
    code: "cannotStake",
    field: "staking.stakers[4].nominates",
    account: idle.stash,
    reason: errors.emptyTargets,
  });
});

test("parameters that leave no era, or slash stake that is free, are refused", () => {
  const field = (staking: Partial<GenesisStaking>) => refusalOf(local(staking));
  const bad = (name: string) => ({ code: "badStakingParameter", field: `staking.${name}` });
  assert.deepEqual(field({ sessionsPerEra: 0 }), bad("sessionsPerEra"));
  assert.deepEqual(field({ bondingDuration: 0 }), bad("bondingDuration"));
  assert.deepEqual(field({ sessionsPerEra: 10_001 }), bad("sessionsPerEra"));
  assert.deepEqual(field({ bondingDuration: 2 ** 32 - 1 }), bad("bondingDuration"));
  assert.deepEqual(field({ slashDeferDuration: -1 }), bad("slashDeferDuration"));
  assert.deepEqual(field({ slashDeferDuration: 3 }), bad("slashDeferDuration"));
  assert.deepEqual(field({ minimumValidatorCount: 5 }), bad("minimumValidatorCount"));
  assert.deepEqual(field({ annualInflation: 1_000_000_001 }), bad("annualInflation"));
  assert.deepEqual(field({ slashRewardFraction: 1_000_000_001 }), bad("slashRewardFraction"));
});

test("a network with parachains begins with staking, too", () => {
  const para = { id: asParaId(2000), head: new Uint8Array(4), code: new Uint8Array(64) };
  const config = localGenesis({ ...network, paras: [{ ...para, kind: "parachain" }] });
  assert.equal(refusalOf(config), undefined);
});
