/**
 * The state and header of block 0, made from what distinguishes one network from another.
 *
 * Reference: consensus-and-sync.md 1.1, 3.7, 9.
 */
import { EMPTY_BYTES, expectOk, type Hex, ok, type Result } from "@parahost/base";
import {
  type AccountId,
  asHash,
  asSessionIndex,
  type BabeEpochConfiguration,
  type Balance,
  type Hash,
  type Header,
  type HostConfiguration,
  type ParaId,
  ZERO_HASH,
} from "@parahost/primitives";
import { EMPTY_ROOT, MemoryNodeStore, NodeCache, Overlay, TrieBackend } from "@parahost/trie";
import type { State } from "../framework/index.ts";
import { onGenesis as authorityDiscoveryGenesis } from "../pallets/authority-discovery.ts";
import { storage as babeStorage } from "../pallets/babe/storage.ts";
import { freeBalance } from "../pallets/balances/account.ts";
import { EXISTENTIAL_DEPOSIT, UNIT } from "../pallets/balances/storage.ts";
import { setFreeBalance } from "../pallets/balances/transfer.ts";
import { onGenesis as grandpaGenesis } from "../pallets/grandpa.ts";
import * as historical from "../pallets/historical.ts";
import { putKeys } from "../pallets/session/key-registry.ts";
import type { SessionValidator } from "../pallets/session/keys.ts";
import { babeAuthorities } from "../pallets/session/rotation.ts";
import { storage as sessionStorage } from "../pallets/session/storage.ts";
import { storage as sudoStorage } from "../pallets/sudo.ts";
import { incrementConsumers } from "../pallets/system/accounts.ts";
import { CODE_KEY, noteVersion, RUNTIME_CODE, runtimeVersion } from "../pallets/system/code.ts";
import { TREASURY_ACCOUNT } from "../pallets/treasury/account.ts";
import { initializeParachains, type ParachainsGenesisError } from "../parachains/genesis.ts";
import { onNewSession as onInitializerSession } from "../parachains/initializer.ts";
import type { SpotPriceModel } from "../parachains/on-demand/spot-price.ts";
import "../runtime.ts";
import { checkGenesis, type GenesisFieldError } from "./check.ts";
import { type GenesisStaking, initializeStaking, type StakingGenesisError } from "./staking.ts";

export interface GenesisPara {
  readonly id: ParaId;
  readonly head: Uint8Array;
  readonly code: Uint8Array;
  readonly kind: "parachain" | "parathread";
}

export interface GenesisConfig {
  readonly slotDurationMs: number;
  /** Slots of an epoch; one epoch is one session. */
  readonly epochDuration: number;
  readonly babe: BabeEpochConfiguration;
  /** In the order of their authority indices. */
  readonly validators: readonly SessionValidator[];
  readonly balances: readonly (readonly [account: AccountId, free: Balance])[];
  /** Without it the validators are those listed, until root changes the list. */
  readonly staking?: GenesisStaking;
  readonly sudo?: AccountId;
  /** What stands at `:code`: a module for light clients; without it the version alone. */
  readonly code?: Uint8Array;
  /** Of the parachain host. */
  readonly configuration: HostConfiguration;
  /** Sessions until a scheduled change of configuration or paras applies: 1 = the guide, 2 = Polkadot. */
  readonly sessionDelay?: 1 | 2;
  /** Formula of the price of on-demand orders: Polkadot's own, `sdk`, unless given. */
  readonly spotPriceModel?: SpotPriceModel["type"];
  readonly paras: readonly GenesisPara[];
}

/** A chain's beginning: every entry of the state, and the header of block 0. */
export interface Genesis {
  readonly top: ReadonlyMap<Hex, Uint8Array>;
  readonly header: Header;
}

/** Why a network cannot begin so; `field` is the path of what is wrong, as in a chain specification. */
export type GenesisError = GenesisFieldError | StakingGenesisError | ParachainsGenesisError;

/** The treasury's account exists from the beginning, or it could not keep small amounts. */
function openTreasury(state: State): void {
  if (freeBalance(state, TREASURY_ACCOUNT) > 0n) return;
  expectOk(setFreeBalance(state, TREASURY_ACCOUNT, EXISTENTIAL_DEPOSIT), "the treasury opens");
}

/** Writes the whole genesis into an empty state. After a refusal the state is spoilt. */
export function writeGenesis(state: State, config: GenesisConfig): Result<void, GenesisError> {
  const checked = checkGenesis(config);
  if (!checked.ok) return checked;
  const { validators, balances, sudo } = config;
  for (const [account, free] of balances)
    expectOk(setFreeBalance(state, account, free), `balance of ${account}`);
  openTreasury(state);
  if (sudo !== undefined) sudoStorage.key.set(state, sudo);
  state.set(CODE_KEY, config.code ?? RUNTIME_CODE);
  noteVersion(state, runtimeVersion(state));
  writeConsensus(state, config);
  for (const { account, keys } of validators) {
    expectOk(incrementConsumers(state, account), `keys of ${account}`);
    putKeys(state, account, keys);
  }
  sessionStorage.validators.set(
    state,
    validators.map(({ account }) => account),
  );
  sessionStorage.queuedKeys.set(state, validators);
  historical.beginSession(state, validators);
  for (const session of [0, 1]) historical.noteSession(state, asSessionIndex(session), validators);
  if (config.staking !== undefined) {
    const staked = initializeStaking(state, config.staking, validators);
    if (!staked.ok) return staked;
  }

  const parachains = initializeParachains(state, {
    configuration: config.configuration,
    ...(config.sessionDelay === undefined ? {} : { sessionDelay: config.sessionDelay }),
    ...(config.spotPriceModel === undefined ? {} : { spotPriceModel: config.spotPriceModel }),
    paras: config.paras.map(({ id, head, code, kind }) => ({
      id,
      genesisHead: head,
      validationCode: code,
      parachain: kind === "parachain",
    })),
  });
  if (parachains.ok) onInitializerSession(state, false, asSessionIndex(0), validators, validators);
  return parachains;
}

/** Epochs 0 and 1 both have the first validators and no randomness. */
function writeConsensus(state: State, config: GenesisConfig): void {
  const { validators } = config;
  babeStorage.slotDuration.set(state, config.slotDurationMs);
  babeStorage.epochDuration.set(state, config.epochDuration);
  babeStorage.epochConfig.set(state, config.babe);
  babeStorage.authorities.set(state, babeAuthorities(validators));
  babeStorage.nextAuthorities.set(state, babeAuthorities(validators));
  grandpaGenesis(state, validators);
  authorityDiscoveryGenesis(state, validators);
}

/** The beginning of the network, or why it cannot begin so. */
export function tryBuildGenesis(config: GenesisConfig): Result<Genesis, GenesisError> {
  const state = new Overlay(new TrieBackend(new NodeCache(new MemoryNodeStore()), EMPTY_ROOT));
  const written = writeGenesis(state, config);
  if (!written.ok) return written;
  const top = new Map<Hex, Uint8Array>();
  for (const key of state.keysWithPrefix("0x")) top.set(key, state.get(key) ?? EMPTY_BYTES);
  return ok({ top, header: genesisHeader(asHash(state.root(1))) });
}

/** As `tryBuildGenesis`, for a configuration of our own. */
export const buildGenesis = (config: GenesisConfig): Genesis =>
  expectOk(tryBuildGenesis(config), "the network can begin");

/** Block 0 has neither parent nor body nor digest. */
export const genesisHeader = (stateRoot: Hash): Header => ({
  parentHash: ZERO_HASH,
  number: 0,
  stateRoot,
  extrinsicsRoot: asHash(EMPTY_ROOT),
  digest: [],
});

/** What tools show amounts and addresses with. */
export const CHAIN_PROPERTIES = {
  ss58Format: 42,
  tokenDecimals: Math.round(Math.log10(Number(UNIT))),
  tokenSymbol: "UNIT",
} as const;
