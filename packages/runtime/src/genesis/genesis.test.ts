/** Beginnings that are refused: one thing wrong at a time, and the field that it is in. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { asParaId } from "@parahost/primitives";
import type { SessionKeys } from "../pallets/session/keys.ts";
import { emptyState } from "../testing/state.ts";
import { developmentAccount, developmentValidator, localGenesis } from "./development.ts";
import { type GenesisConfig, tryBuildGenesis, writeGenesis } from "./genesis.ts";

const config = localGenesis({
  validators: 3,
  paras: [
    {
      id: asParaId(2000),
      head: new Uint8Array([1, 2, 3]),
      code: new Uint8Array(40).fill(7),
      kind: "parachain",
    },
  ],
  slotMs: 2_000,
  epochSlots: 100,
});
const { validators, balances, paras, configuration, babe } = config;
const [first, second, third] = validators as [
  (typeof validators)[0],
  (typeof validators)[0],
  (typeof validators)[0],
];
const stranger = developmentAccount("//Nobody");

const withKeys = (keys: Partial<SessionKeys>): Partial<GenesisConfig> => ({
  validators: [first, { ...second, keys: { ...second.keys, ...keys } }, third],
});
const withPara = (para: Partial<(typeof paras)[0]>): Partial<GenesisConfig> => ({
  paras: [{ ...(paras[0] as (typeof paras)[0]), ...para }],
});
const withStaking = (
  staking: Partial<NonNullable<GenesisConfig["staking"]>>,
): Partial<GenesisConfig> => ({
  staking: { ...(config.staking as NonNullable<GenesisConfig["staking"]>), ...staking },
});

/** No points: of ristretto, of ed25519, of secp256k1. */
const OFF_32 = `0x${"ff".repeat(32)}`;
const OFF_ED25519 = `0x02${"00".repeat(31)}`;
const OFF_33 = `0x05${"ff".repeat(32)}`;

const WRONG: readonly (readonly [change: Partial<GenesisConfig>, code: string, field: string])[] = [
  // Times
  [{ slotDurationMs: 0 }, "outOfBounds", "slotDurationMs"],
  [{ slotDurationMs: 250 }, "outOfBounds", "slotDurationMs"],
  [{ slotDurationMs: 2_100 }, "outOfBounds", "slotDurationMs"],
  [{ slotDurationMs: -500 }, "outOfBounds", "slotDurationMs"],
  [{ slotDurationMs: 3_600_500 }, "outOfBounds", "slotDurationMs"],
  [{ epochDuration: 0 }, "outOfBounds", "epochDuration"],
  [{ epochDuration: 1.5 }, "outOfBounds", "epochDuration"],
  [{ babe: { ...babe, c: { numerator: 0, denominator: 4 } } }, "outOfBounds", "babe.c"],
  [{ babe: { ...babe, c: { numerator: 5, denominator: 4 } } }, "outOfBounds", "babe.c"],
  [{ sessionDelay: 0 as never }, "outOfBounds", "sessionDelay"],
  [{ sessionDelay: 3 as never }, "outOfBounds", "sessionDelay"],
  // Validators
  [{ validators: [] }, "tooFewValidators", "validators"],
  [{ validators: [first] }, "tooFewValidators", "validators"],
  [{ validators: [first, second, first] }, "validatorTwice", "validators[2]"],
  [
    { validators: [first, { ...second, account: stranger }] },
    "validatorWithoutBalance",
    "validators[1]",
  ],
  [withKeys({ babe: OFF_32 as never }), "keyOffCurve", "validators[1].keys.babe"],
  [withKeys({ grandpa: OFF_ED25519 as never }), "keyOffCurve", "validators[1].keys.gran"],
  [withKeys({ paraValidator: OFF_32 as never }), "keyOffCurve", "validators[1].keys.para"],
  [withKeys({ paraAssignment: OFF_32 as never }), "keyOffCurve", "validators[1].keys.asgn"],
  [withKeys({ authorityDiscovery: OFF_32 as never }), "keyOffCurve", "validators[1].keys.audi"],
  [withKeys({ beefy: OFF_33 as never }), "keyOffCurve", "validators[1].keys.beef"],
  [withKeys({ paraValidator: first.keys.paraValidator }), "keyTwice", "validators[1].keys.para"],
  // Balances
  [
    { balances: [...balances, [stranger, 1n]] },
    "belowExistentialDeposit",
    `balances[${balances.length}]`,
  ],
  [
    { balances: [...balances, [stranger, -1n]] },
    "belowExistentialDeposit",
    `balances[${balances.length}]`,
  ],
  [
    { balances: [...balances, [first.account, 1n << 60n]] },
    "accountTwice",
    `balances[${balances.length}]`,
  ],
  [
    { balances: [...balances, [stranger, (1n << 128n) - 1n]] },
    "outOfBounds",
    `balances[${balances.length}]`,
  ],
  // Staking
  [withStaking({ sessionsPerEra: 0 }), "badStakingParameter", "staking.sessionsPerEra"],
  [
    withStaking({ annualInflation: 1_000_000_001 }),
    "badStakingParameter",
    "staking.annualInflation",
  ],
  [withStaking({ stakers: [] }), "validatorsDiffer", "staking.stakers"],
  [
    withStaking({ stakers: validators.map(({ account }) => ({ stash: account, bond: 1n })) }),
    "cannotStake",
    "staking.stakers[0].bond",
  ],
  // Parachains
  [
    { configuration: { ...configuration, noShowSlots: 0 } },
    "inconsistentConfiguration",
    "configuration.noShowSlots",
  ],
  [
    { configuration: { ...configuration, parathreadCores: 10_000 } },
    "inconsistentConfiguration",
    "configuration.parathreadCores",
  ],
  [
    { configuration: { ...configuration, maxPovSize: 1 << 30 } },
    "inconsistentConfiguration",
    "configuration.maxPovSize",
  ],
  [{ paras: [...paras, ...paras] }, "paraTwice", "paras[1].id"],
  [withPara({ code: new Uint8Array() }), "paraOutOfBounds", "paras[0].code"],
  [withPara({ code: new Uint8Array(8) }), "paraOutOfBounds", "paras[0].code"],
  [
    withPara({ code: new Uint8Array(configuration.maxCodeSize + 1) }),
    "paraOutOfBounds",
    "paras[0].code",
  ],
  [
    withPara({ head: new Uint8Array(configuration.maxHeadDataSize + 1) }),
    "paraOutOfBounds",
    "paras[0].head",
  ],
];

for (const [change, code, field] of WRONG)
  test(`a genesis is refused for ${field}: ${code} ${JSON.stringify(sizes(change))}`, () => {
    const built = tryBuildGenesis({ ...config, ...change });
    assert.ok(!built.ok);
    assert.equal(built.error.code, code);
    assert.equal(built.error.field, field);
  });

/** What was changed, short enough for a name. */
function sizes(change: Partial<GenesisConfig>): readonly string[] {
  return Object.entries(change).map(([name, value]) =>
    typeof value === "number" ? `${name} ${value}` : name,
  );
}

test("without a wrong field the network begins, and every balance is as listed", () => {
  const state = emptyState();
  assert.ok(writeGenesis(state, config).ok);
  assert.ok(tryBuildGenesis({ ...config, slotDurationMs: 500, epochDuration: 1 }).ok);
});

test("keys of one secret may serve for several things, of one validator", () => {
  const { account, keys } = developmentValidator(0);
  assert.equal(keys.babe, keys.paraValidator);
  assert.ok(tryBuildGenesis({ ...config, validators: [{ account, keys }, second, third] }).ok);
});
