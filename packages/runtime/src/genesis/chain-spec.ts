/**
 * Chain specifications: the JSON file that makes a node part of a network. The raw form lists every entry of
 * the genesis state, and every node of the protocol reads it; the plain form says what ours builds the
 * entries from. Genesis is computed from either, never stated.
 *
 * At `:code` stands what light clients run, or the version alone: this runtime is not a Wasm module.
 *
 * Reference: consensus-and-sync.md 9.
 */
import { bytesToHex, err, type Hex, hexToBytes, isHex, ok, type Result } from "@parahost/base";
import { ss58Decode, ss58Encode } from "@parahost/crypto";
import {
  type AccountId,
  asAccountId,
  asHash,
  asParaId,
  BabeEpochConfiguration,
  HostConfiguration,
} from "@parahost/primitives";
import { type Codec, type DecodeFailure, encode, tryDecode } from "@parahost/scale";
import { trieRoot } from "@parahost/trie";
import { SessionKeys } from "../pallets/session/keys.ts";
import {
  CHAIN_PROPERTIES,
  type Genesis,
  type GenesisConfig,
  type GenesisError,
  type GenesisPara,
  genesisHeader,
  tryBuildGenesis,
} from "./genesis.ts";
import type { GenesisStaking } from "./staking.ts";

/** What a specification says beside the genesis. */
export interface ChainInfo {
  readonly name: string;
  /** Used in paths. */
  readonly id: string;
  readonly chainType: "Live" | "Development" | "Local";
  /** Multiaddresses with `/p2p/`. */
  readonly bootNodes: readonly string[];
  readonly protocolId?: string;
}

export interface ChainSpec extends ChainInfo {
  readonly genesis: Genesis;
}

export type ChainSpecError =
  | { readonly code: "notJson"; readonly message: string }
  /** The field at `path`, such as `genesis.raw.top`, is missing or is not what it should be. */
  | { readonly code: "badField"; readonly path: string; readonly wanted: string }
  | { readonly code: "badEncoding"; readonly path: string; readonly failure: DecodeFailure }
  | { readonly code: "badGenesis"; readonly error: GenesisError }
  /** A form of genesis that this node cannot start from. */
  | { readonly code: "unsupportedGenesis" };

// Writing

const fields = ({ name, id, chainType, bootNodes, protocolId }: ChainInfo, genesis: object) => ({
  name,
  id,
  chainType,
  bootNodes,
  telemetryEndpoints: null,
  protocolId: protocolId ?? null,
  properties: CHAIN_PROPERTIES,
  codeSubstitutes: {},
  genesis,
});

/** The form that every node of the protocol reads. */
export function rawChainSpec(info: ChainInfo, { top }: Genesis): string {
  const entries = [...top].map(([key, value]) => [key, bytesToHex(value)]);
  const raw = { top: Object.fromEntries(entries), childrenDefault: {} };
  return `${JSON.stringify(fields(info, { raw }), undefined, 2)}\n`;
}

/** The form that people edit. */
export function plainChainSpec(info: ChainInfo, config: GenesisConfig): string {
  return `${JSON.stringify(fields(info, { parahost: plainGenesis(config) }), undefined, 2)}\n`;
}

/** What a genesis is built from, as JSON; encoded values are SCALE in hex. */
export const plainGenesis = (config: GenesisConfig): object => ({
  slotDurationMs: config.slotDurationMs,
  epochDuration: config.epochDuration,
  babe: bytesToHex(encode(BabeEpochConfiguration, config.babe)),
  validators: config.validators.map(({ account, keys }) => ({
    account: ss58Encode(account),
    keys: bytesToHex(encode(SessionKeys, keys)),
  })),
  balances: config.balances.map(([account, free]) => [ss58Encode(account), free.toString()]),
  staking: config.staking === undefined ? null : plainStaking(config.staking),
  sudo: config.sudo === undefined ? null : ss58Encode(config.sudo),
  code: config.code === undefined ? null : bytesToHex(config.code),
  configuration: bytesToHex(encode(HostConfiguration, config.configuration)),
  sessionDelay: config.sessionDelay ?? null,
  spotPriceModel: config.spotPriceModel ?? null,
  paras: config.paras.map(({ id, head, code, kind }) => ({
    id,
    kind,
    head: bytesToHex(head),
    code: bytesToHex(code),
  })),
});

const plainStaking = (staking: GenesisStaking) => ({
  ...staking,
  minValidatorBond: staking.minValidatorBond.toString(),
  minNominatorBond: staking.minNominatorBond.toString(),
  stakers: staking.stakers.map(({ stash, bond, nominates }) => ({
    stash: ss58Encode(stash),
    bond: bond.toString(),
    nominates: nominates?.map((target) => ss58Encode(target)) ?? null,
  })),
});

// Reading

class BadField extends Error {
  readonly error: ChainSpecError;
  constructor(error: ChainSpecError) {
    super(error.code);
    this.error = error;
  }
}

/** A place in the JSON text; every accessor refuses what is not of the wanted kind. */
class Field {
  readonly path: string;
  readonly value: unknown;
  constructor(path: string, value: unknown) {
    this.path = path;
    this.value = value;
  }

  wanted(wanted: string): never {
    throw new BadField({ code: "badField", path: this.path, wanted });
  }

  get isAbsent(): boolean {
    return this.value === undefined || this.value === null;
  }

  get(name: string): Field {
    const { value } = this;
    if (typeof value !== "object" || value === null) return this.wanted("an object");
    const path = this.path === "" ? name : `${this.path}.${name}`;
    return new Field(path, (value as Readonly<Record<string, unknown>>)[name]);
  }

  items(): Field[] {
    if (!Array.isArray(this.value)) return this.wanted("a list");
    return this.value.map((item, i) => new Field(`${this.path}[${i}]`, item));
  }

  entries(): [string, Field][] {
    const { value } = this;
    if (typeof value !== "object" || value === null || Array.isArray(value))
      return this.wanted("an object");
    return Object.entries(value).map(([name, inner]) => [
      name,
      new Field(`${this.path}.${name}`, inner),
    ]);
  }

  text(): string {
    return typeof this.value === "string" ? this.value : this.wanted("text");
  }

  matching(pattern: RegExp, wanted: string): string {
    const text = this.text();
    return pattern.test(text) ? text : this.wanted(wanted);
  }

  oneOf<const T extends string>(...choices: readonly T[]): T {
    const found = choices.find((choice) => choice === this.value);
    return found ?? this.wanted(choices.join(" or "));
  }

  positive(max: number): number {
    return this.within(1, max);
  }

  within(min: number, max: number): number {
    const { value } = this;
    return typeof value === "number" && Number.isInteger(value) && value >= min && value <= max
      ? value
      : this.wanted(`a whole number from ${min} to ${max}`);
  }

  hex(): Uint8Array {
    const text = this.text();
    return isHex(text) ? hexToBytes(text) : this.wanted("0x and hex digits");
  }

  balance(): bigint {
    const text = this.text();
    return /^[0-9]{1,38}$/.test(text) ? BigInt(text) : this.wanted("a decimal number");
  }

  account(): AccountId {
    const decoded = ss58Decode(this.text());
    return decoded.ok && decoded.value.publicKey.length === 66
      ? asAccountId(decoded.value.publicKey)
      : this.wanted("an address");
  }

  decoded<T>(codec: Codec<T>): T {
    const decoded = tryDecode(codec, this.hex());
    if (decoded.ok) return decoded.value;
    throw new BadField({ code: "badEncoding", path: this.path, failure: decoded.error });
  }
}

/** Reads either form. Text comes from a file that anybody may have written. */
export const parseChainSpec = (text: string): Result<ChainSpec, ChainSpecError> =>
  readJson(text, readSpec);

/** Reads what `plainGenesis` writes. */
export const parsePlainGenesis = (text: string): Result<GenesisConfig, ChainSpecError> =>
  readJson(text, readPlain);

function readJson<T>(text: string, read: (field: Field) => T): Result<T, ChainSpecError> {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (error) {
    return err({ code: "notJson", message: String(error) });
  }
  try {
    return ok(read(new Field("", json)));
  } catch (error) {
    if (!(error instanceof BadField)) throw error;
    return err(error.error);
  }
}

function readSpec(spec: Field): ChainSpec {
  const protocolId = spec.get("protocolId");
  return {
    name: spec.get("name").matching(/^\P{Cc}{1,256}$/u, "a name without control characters"),
    id: spec.get("id").matching(/^[A-Za-z0-9_-]{1,64}$/, "letters, digits, _ and -"),
    chainType: spec.get("chainType").oneOf("Live", "Development", "Local"),
    bootNodes: spec
      .get("bootNodes")
      .items()
      .map((address) => address.text()),
    ...(protocolId.isAbsent ? {} : { protocolId: protocolId.text() }),
    genesis: readGenesis(spec.get("genesis")),
  };
}

function readGenesis(genesis: Field): Genesis {
  const raw = genesis.get("raw");
  if (!raw.isAbsent) return readRaw(raw);
  const plain = genesis.get("parahost");
  if (!plain.isAbsent) {
    const built = tryBuildGenesis(readPlain(plain));
    if (built.ok) return built.value;
    throw new BadField({ code: "badGenesis", error: built.error });
  }
  throw new BadField({ code: "unsupportedGenesis" });
}

function readRaw(raw: Field): Genesis {
  const children = raw.get("childrenDefault");
  if (!children.isAbsent && children.entries().length > 0)
    throw new BadField({ code: "unsupportedGenesis" });
  const top = new Map<Hex, Uint8Array>();
  for (const [key, value] of raw.get("top").entries()) {
    if (!isHex(key)) return value.wanted("a key of hex digits");
    top.set(key.toLowerCase() as Hex, value.hex());
  }
  return { top, header: genesisHeader(asHash(trieRoot(top, 1))) };
}

function readPlain(plain: Field): GenesisConfig {
  const sudo = plain.get("sudo");
  const staking = plain.get("staking");
  const delay = plain.get("sessionDelay");
  const priceModel = plain.get("spotPriceModel");
  const code = plain.get("code");
  return {
    slotDurationMs: plain.get("slotDurationMs").positive(3_600_000),
    epochDuration: plain.get("epochDuration").positive(1_000_000),
    babe: plain.get("babe").decoded(BabeEpochConfiguration),
    validators: plain
      .get("validators")
      .items()
      .map((validator) => ({
        account: validator.get("account").account(),
        keys: validator.get("keys").decoded(SessionKeys),
      })),
    balances: plain
      .get("balances")
      .items()
      .map((balance) => {
        const [account, free] = balance.items();
        if (account === undefined || free === undefined)
          return balance.wanted("an address and a number");
        return [account.account(), free.balance()] as const;
      }),
    ...(staking.isAbsent ? {} : { staking: readStaking(staking) }),
    ...(sudo.isAbsent ? {} : { sudo: sudo.account() }),
    ...(code.isAbsent ? {} : { code: code.hex() }),
    configuration: plain.get("configuration").decoded(HostConfiguration),
    ...(delay.isAbsent ? {} : { sessionDelay: delay.positive(2) === 1 ? 1 : 2 }),
    ...(priceModel.isAbsent ? {} : { spotPriceModel: priceModel.oneOf("sdk", "documented") }),
    paras: plain.get("paras").items().map(readPara),
  };
}

/** Parts of 1,000,000,000. */
const WHOLE = 1_000_000_000;

function readStaking(staking: Field): GenesisStaking {
  return {
    stakers: staking
      .get("stakers")
      .items()
      .map((staker) => {
        const nominates = staker.get("nominates");
        return {
          stash: staker.get("stash").account(),
          bond: staker.get("bond").balance(),
          ...(nominates.isAbsent
            ? {}
            : { nominates: nominates.items().map((target) => target.account()) }),
        };
      }),
    minimumValidatorCount: staking.get("minimumValidatorCount").within(0, 65_536),
    sessionsPerEra: staking.get("sessionsPerEra").positive(10_000),
    bondingDuration: staking.get("bondingDuration").positive(10_000),
    slashDeferDuration: staking.get("slashDeferDuration").within(0, 10_000),
    annualInflation: staking.get("annualInflation").within(0, WHOLE),
    slashRewardFraction: staking.get("slashRewardFraction").within(0, WHOLE),
    minValidatorBond: staking.get("minValidatorBond").balance(),
    minNominatorBond: staking.get("minNominatorBond").balance(),
  };
}

function readPara(para: Field): GenesisPara {
  return {
    id: asParaId(para.get("id").positive(0xffff_ffff)),
    kind: para.get("kind").oneOf("parachain", "parathread"),
    head: para.get("head").hex(),
    code: para.get("code").hex(),
  };
}
