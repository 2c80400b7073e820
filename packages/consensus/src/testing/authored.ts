/** For tests: authorities with well-known keys, and headers authored and sealed by them. */
import { hexToBytes, type Random } from "@parahost/base";
import { type Keystore, MemoryKeystore } from "@parahost/crypto";
import {
  asBabeId,
  asHash,
  BABE_ENGINE_ID,
  type BabeConfiguration,
  BabeConsensusLog,
  type BabeEpoch,
  type BabePreDigest,
  type DigestItem,
  type Header,
  headerHash,
  type NextEpochDescriptor,
  type Slot,
  withSeal,
  ZERO_HASH,
} from "@parahost/primitives";
import { encode } from "@parahost/scale";
import { preDigestItem } from "../babe/digest.ts";

export const EMPTY_ROOT = asHash(
  "0x03170a2e7597b7b7e3d84c05391d139a62b157e78786d8c082f29dcf4c111314",
);

export const GENESIS: Header = {
  parentHash: ZERO_HASH,
  number: 0,
  stateRoot: EMPTY_ROOT,
  extrinsicsRoot: EMPTY_ROOT,
  digest: [],
};

export const slot = (value: number): Slot => value as Slot;

/** A keystore with `//name` keys for block production and finality. */
export function keystoreOf(...names: readonly string[]): Keystore {
  const keystore = new MemoryKeystore();
  for (const name of names)
    for (const type of ["babe", "gran"] as const) {
      const inserted = keystore.insert(type, `//${name}`);
      if (!inserted.ok) throw new Error(inserted.error.code);
    }
  return keystore;
}

export const babeIdOf = (name: string) =>
  asBabeId(keystoreOf(name).publicKeys("babe")[0] ?? "no key");

export function configurationOf(
  names: readonly string[],
  overrides: Partial<BabeConfiguration> = {},
): BabeConfiguration {
  return {
    slotDuration: 6000,
    epochLength: 10,
    c: { numerator: 1, denominator: 4 },
    authorities: names.map((name) => ({ id: babeIdOf(name), weight: 1 })),
    randomness: new Uint8Array(32),
    allowedSlots: { type: "primaryAndSecondaryVRFSlots" },
    ...overrides,
  };
}

export function epochOf(
  names: readonly string[],
  overrides: Partial<BabeEpoch> = {},
  configuration: Partial<BabeConfiguration> = {},
): BabeEpoch {
  const { epochLength, authorities, randomness, c, allowedSlots } = configurationOf(
    names,
    configuration,
  );
  return {
    epochIndex: 0,
    startSlot: slot(100),
    duration: epochLength,
    authorities,
    randomness,
    config: { c, allowedSlots },
    ...overrides,
  };
}

/** The digest item that announces the next epoch. */
export function announcementItem(next: NextEpochDescriptor): DigestItem {
  const data = encode(BabeConsensusLog, { type: "nextEpochData", value: next });
  return { type: "consensus", value: { engine: BABE_ENGINE_ID, data } };
}

/** A child of `parent` with this claim and further digest items, not yet sealed. */
export function childOf(
  parent: Header,
  claim: BabePreDigest,
  more: readonly DigestItem[] = [],
  overrides: Partial<Header> = {},
): Header {
  return {
    parentHash: headerHash(parent),
    number: parent.number + 1,
    stateRoot: EMPTY_ROOT,
    extrinsicsRoot: EMPTY_ROOT,
    digest: [preDigestItem(claim), ...more],
    ...overrides,
  };
}

/** Seals a header with the `//name` key. */
export function sealedBy(name: string, header: Header): Header {
  const seal = keystoreOf(name).sign("babe", babeIdOf(name), hexToBytes(headerHash(header)));
  if (seal === undefined) throw new Error(`no key of ${name}`);
  return withSeal(header, BABE_ENGINE_ID, seal);
}

/** A repeatable source of chance. */
export function seededRandom(seed: number): Random {
  let state = (seed * 2_654_435_761) >>> 0;
  return {
    fill: (target) => {
      for (let i = 0; i < target.length; i++) {
        state = (state + 0x6d2b79f5) >>> 0;
        let mixed = Math.imul(state ^ (state >>> 15), state | 1);
        mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
        target[i] = (mixed ^ (mixed >>> 14)) & 0xff;
      }
    },
  };
}
