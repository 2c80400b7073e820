/**
 * Networks for one machine: well-known accounts whose secrets everybody knows, funds for all of them.
 *
 * Reference: DESIGN 6, runtime-and-primitives.md 1.7 (local networks), 1.8.
 */
import { assert, expectOk, type Hex } from "@parahost/base";
import { pairFromUri } from "@parahost/crypto";
import {
  type AccountId,
  asAccountId,
  asAssignmentId,
  asAuthorityDiscoveryId,
  asBabeId,
  asGrandpaId,
  asValidatorId,
  type Balance,
  defaultHostConfiguration,
  groupSizeMax,
  type HostConfiguration,
} from "@parahost/primitives";
import { UNIT } from "../pallets/balances/storage.ts";
import type { SessionKeys, SessionValidator } from "../pallets/session/keys.ts";
import type { GenesisConfig, GenesisPara } from "./genesis.ts";
import type { GenesisStaking } from "./staking.ts";

/** Names as in Polkadot's own development networks. */
const NAMES = ["Alice", "Bob", "Charlie", "Dave", "Eve", "Ferdie"] as const;

/** What each well-known account begins with. */
const ENDOWMENT: Balance = 1_000_000n * UNIT;

/** What each validator has at stake of it. */
const STAKE: Balance = 100_000n * UNIT;

/** The secret URI of the validator with this index: `//Alice`, …, `//Ferdie`, then `//Validator//6`, …. */
export const developmentUri = (index: number): string => {
  const name = NAMES[index];
  return name === undefined ? `//Validator//${index}` : `//${name}`;
};

const publicKey = (scheme: "sr25519" | "ed25519" | "ecdsa", uri: string): Hex =>
  expectOk(pairFromUri(scheme, uri), uri).publicKey;

/** The account of a secret URI, such as `//Alice`. */
export const developmentAccount = (uri: string): AccountId =>
  asAccountId(publicKey("sr25519", uri));

/** All session keys of a secret URI: one secret, by the scheme of each key. */
export function developmentKeys(uri: string): SessionKeys {
  const sr25519 = publicKey("sr25519", uri);
  return {
    grandpa: asGrandpaId(publicKey("ed25519", uri)),
    babe: asBabeId(sr25519),
    paraValidator: asValidatorId(sr25519),
    paraAssignment: asAssignmentId(sr25519),
    authorityDiscovery: asAuthorityDiscoveryId(sr25519),
    beefy: publicKey("ecdsa", uri),
  };
}

/** The validator with this index: its account is the stash beside the name. */
export function developmentValidator(index: number): SessionValidator {
  const uri = developmentUri(index);
  return { account: developmentAccount(`${uri}//stash`), keys: developmentKeys(uri) };
}

export interface LocalNetwork {
  /** Number of validators, two at least. */
  readonly validators: number;
  readonly paras: readonly GenesisPara[];
  /** Milliseconds. */
  readonly slotMs: number;
  /** Slots of an epoch. */
  readonly epochSlots: number;
  /** Fields of staking's parameters that differ from a local network's; `false` for a list of validators. */
  readonly staking?: Partial<GenesisStaking> | false;
  /**
   * Validators of a backing group at most; with more than `groupSizeMax` allows for, a few that stay silent
   * may stop finality. That many unless given.
   */
  readonly groupSize?: number;
  /** Fields of the host configuration that differ from a local network's. */
  readonly configuration?: Partial<HostConfiguration>;
}

/** Every validator has the same at stake, slashes are applied at once, and eras are short. */
const localStaking = (
  validators: readonly SessionValidator[],
  other: Partial<GenesisStaking> = {},
): GenesisStaking => ({
  stakers: validators.map(({ account: stash }) => ({ stash, bond: STAKE })),
  minimumValidatorCount: Math.min(2, validators.length),
  sessionsPerEra: 6,
  bondingDuration: 3,
  slashDeferDuration: 0,
  annualInflation: 100_000_000,
  slashRewardFraction: 100_000_000,
  minValidatorBond: 100n * UNIT,
  minNominatorBond: 10n * UNIT,
  ...other,
});

/**
 * A network of `//Alice` and friends, with `//Alice` as sudo. Candidates build on the relay chain's head,
 * as the guide says; `configuration.asyncBackingParams` lets them lag behind.
 */
export function localGenesis(network: LocalNetwork): GenesisConfig {
  const { validators: count, paras, slotMs, epochSlots } = network;
  assert(count >= 2, `${count} validators: chunks need two holders`);
  const validators = Array.from({ length: count }, (_, i) => developmentValidator(i));
  const named = NAMES.map((name) => developmentAccount(`//${name}`));
  const endowed = new Set([...named, ...validators.map(({ account }) => account)]);
  const { groupSize = groupSizeMax(count) } = network;
  const usual = defaultHostConfiguration({ validatorCount: count, groupSize, slotMs });
  return {
    slotDurationMs: slotMs,
    epochDuration: epochSlots,
    babe: {
      c: { numerator: 1, denominator: 4 },
      allowedSlots: { type: "primaryAndSecondaryVRFSlots" },
    },
    validators,
    ...(network.staking === false ? {} : { staking: localStaking(validators, network.staking) }),
    balances: [...endowed].map((account) => [account, ENDOWMENT]),
    sudo: developmentAccount("//Alice"),
    configuration: {
      ...usual,
      asyncBackingParams: { maxCandidateDepth: 0, allowedAncestryLen: 0 },
      schedulerParams: { ...usual.schedulerParams, maxValidatorsPerCore: groupSize },
      ...network.configuration,
    },
    paras,
  };
}
