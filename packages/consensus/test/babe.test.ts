/** BABE against real headers of public networks: vectors `babe` and `blocks`. */
import assert from "node:assert/strict";
import test from "node:test";
import { bytesToHex, hexToBytes } from "@parahost/base";
import { blake2b256Hex, DirectVerifier } from "@parahost/crypto";
import {
  asBabeId,
  asHash,
  BABE_ENGINE_ID,
  type BabeAuthorities,
  BabeConsensusLog,
  type BabeEpoch,
  BabeEquivocationProof,
  BabePreDigest,
  type DigestItem,
  engineData,
  GRANDPA_ENGINE_ID,
  GrandpaConsensusLog,
  Header,
  headerHash,
  type Slot,
  ZERO_HASH,
} from "@parahost/primitives";
import { decode, encode } from "@parahost/scale";
import { readVectorJson, skipWithoutVectors } from "../../../test/vectors.ts";
import { announcementOf, preDigestOf } from "../src/babe/digest.ts";
import { EpochTree } from "../src/babe/epochs.ts";
import { isEquivocation } from "../src/babe/equivocation.ts";
import { primaryThreshold } from "../src/babe/threshold.ts";
import { type BabeError, verifyHeader } from "../src/babe/verify.ts";

const verifier = new DirectVerifier();

interface HeaderCase {
  readonly id: string;
  readonly number: number;
  readonly hash: string;
  readonly header: string;
  readonly pre_digest: {
    readonly kind: 1 | 2 | 3;
    readonly authority: number;
    readonly slot: string;
  };
  readonly epoch: {
    readonly index: string;
    readonly start_slot: string;
    readonly duration: string;
    readonly randomness: string;
    readonly c: readonly [string, string];
    readonly allowed_slots: 0 | 1 | 2;
    readonly authority_weights: readonly string[];
    readonly authorities: readonly string[];
  };
}

const ALLOWED = [
  "primarySlots",
  "primaryAndSecondaryPlainSlots",
  "primaryAndSecondaryVRFSlots",
] as const;
const KINDS = { 1: "primary", 2: "secondaryPlain", 3: "secondaryVRF" } as const;

const cases = skipWithoutVectors ? [] : readVectorJson<HeaderCase[]>("babe", "headers.json.gz");

function epochOf({ epoch }: HeaderCase): BabeEpoch {
  const weights = epoch.authority_weights;
  const authorities: BabeAuthorities = epoch.authorities.map((key, i) => ({
    id: asBabeId(`0x${key}`),
    weight: Number(weights[i] ?? weights[0]),
  }));
  const [numerator, denominator] = epoch.c.map(Number) as [number, number];
  return {
    epochIndex: Number(epoch.index),
    startSlot: Number(epoch.start_slot) as Slot,
    duration: Number(epoch.duration),
    authorities,
    randomness: hexToBytes(epoch.randomness),
    config: { c: { numerator, denominator }, allowedSlots: { type: ALLOWED[epoch.allowed_slots] } },
  };
}

/** Parents are not in the vectors; one without a slot stands for them. */
const parentOf = (header: Header): Header => ({
  parentHash: ZERO_HASH,
  number: header.number - 1,
  stateRoot: ZERO_HASH,
  extrinsicsRoot: ZERO_HASH,
  digest: [],
});

function verify(header: Header, epoch: BabeEpoch): BabeError | undefined {
  const announced = announcementOf(header);
  const isFirst = announced.ok && announced.value !== undefined;
  const now = (epoch.startSlot + 2 * epoch.duration) as Slot;
  const result = verifyHeader(header, parentOf(header), { epoch, isFirst }, now, verifier);
  return result.ok ? undefined : result.error;
}

/** The same header with its claim changed; the seal stays what it was. */
function withClaim(header: Header, change: (claim: BabePreDigest["value"]) => object): Header {
  const claim = preDigestOf(header);
  assert.ok(claim.ok);
  const changed = { ...claim.value, value: { ...claim.value.value, ...change(claim.value.value) } };
  const item: DigestItem = {
    type: "preRuntime",
    value: { engine: BABE_ENGINE_ID, data: encode(BabePreDigest, changed as BabePreDigest) },
  };
  return {
    ...header,
    digest: header.digest.map((old) =>
      old.type === "preRuntime" && old.value.engine === BABE_ENGINE_ID ? item : old,
    ),
  };
}

for (const one of cases) {
  const bytes = hexToBytes(one.header);
  const header = decode(Header, bytes);
  const epoch = epochOf(one);

  test(`${one.id}: hash, claim and seal`, () => {
    assert.equal(bytesToHex(encode(Header, header)), bytesToHex(bytes));
    assert.equal(headerHash(header), `0x${one.hash}`);
    const claim = preDigestOf(header);
    assert.ok(claim.ok);
    assert.equal(claim.value.type, KINDS[one.pre_digest.kind]);
    assert.equal(claim.value.value.authorityIndex, one.pre_digest.authority);
    assert.equal(claim.value.value.slot, Number(one.pre_digest.slot));
    assert.equal(verify(header, epoch), undefined);
  });

  test(`${one.id}: what is wrong is refused, each with its own error`, () => {
    const other = decode(
      Header,
      hexToBytes((one === cases[0] ? cases[1] : cases[0])?.header ?? ""),
    );
    const seal = header.digest.at(-1) as DigestItem;
    const foreignSeal = other.digest.at(-1) as DigestItem;
    const claimItem = header.digest.find((item) => item.type === "preRuntime") as DigestItem;
    const body = header.digest.slice(0, -1);
    const count = epoch.authorities.length;
    const { kind } = one.pre_digest;

    const refusals: Record<string, BabeError["code"] | undefined> = {
      "wrong authority index": verify(
        withClaim(header, ({ authorityIndex }) => ({
          authorityIndex: (authorityIndex + 1) % count,
        })),
        epoch,
      )?.code,
      "wrong slot": verify(
        withClaim(header, () => ({ slot: epoch.startSlot + epoch.duration })),
        epoch,
      )?.code,
      "wrong randomness": verify(header, { ...epoch, randomness: new Uint8Array(32).fill(1) })
        ?.code,
      "seal of another header": verify({ ...header, digest: [...body, foreignSeal] }, epoch)?.code,
      "two seals": verify({ ...header, digest: [...header.digest, seal] }, epoch)?.code,
      "no seal": verify({ ...header, digest: body }, epoch)?.code,
      "no pre-digest": verify(
        { ...header, digest: header.digest.filter((item) => item !== claimItem) },
        epoch,
      )?.code,
      "two pre-digests": verify({ ...header, digest: [claimItem, ...header.digest] }, epoch)?.code,
      "index = number of authorities": verify(
        withClaim(header, () => ({ authorityIndex: count })),
        epoch,
      )?.code,
    };
    if (kind !== 2) {
      const swapped = withClaim(header, (claim) => {
        assert.ok("vrfSignature" in claim);
        const { proof, preOutput } = claim.vrfSignature;
        const joined = new Uint8Array([...proof, ...preOutput]);
        return { vrfSignature: { preOutput: joined.slice(0, 32), proof: joined.slice(32) } };
      });
      refusals["output and proof swapped"] = verify(swapped, epoch)?.code;
    }
    const codes = Object.values(refusals);
    assert.ok(!codes.includes(undefined), JSON.stringify(refusals));
    assert.equal(new Set(codes).size, codes.length, JSON.stringify(refusals));
  });

  test(`${one.id}: a neighbouring slot, epoch or any flipped bit of seal and proof is refused`, () => {
    assert.notEqual(
      verify(
        withClaim(header, ({ slot }) => ({ slot: slot + 1 })),
        epoch,
      ),
      undefined,
    );
    if (one.pre_digest.kind !== 2)
      assert.notEqual(verify(header, { ...epoch, epochIndex: epoch.epochIndex + 1 }), undefined);
    const seal = header.digest.at(-1);
    assert.ok(seal?.type === "seal");
    const data = seal.value.data.slice();
    data[40] = (data[40] ?? 0) ^ 4;
    const flipped: DigestItem = { type: "seal", value: { ...seal.value, data } };
    assert.equal(
      verify({ ...header, digest: [...header.digest.slice(0, -1), flipped] }, epoch)?.code,
      "sealInvalid",
    );
    if (one.pre_digest.kind === 2) return;
    const unproven = withClaim(header, (claim) => {
      assert.ok("vrfSignature" in claim);
      const proof = claim.vrfSignature.proof.slice();
      proof[50] = (proof[50] ?? 0) ^ 4;
      return { vrfSignature: { ...claim.vrfSignature, proof } };
    });
    assert.notEqual(verify(unproven, epoch), undefined);
  });
}

test("thresholds are the reference's to the last bit", { skip: skipWithoutVectors }, () => {
  const [eight, many] = readVectorJson<
    { c: [number, number]; weights: string; authority_weight: number; threshold: string }[]
  >("babe", "primary-thresholds.json");
  assert.ok(eight?.weights === "8 times 1" && many?.weights === "2,3,4,...,901 (900 values)");
  for (const [one, totalWeight] of [
    [eight, 8],
    [many, (900 * (2 + 901)) / 2],
  ] as const) {
    const [numerator, denominator] = one.c;
    const threshold = primaryThreshold(
      { numerator, denominator },
      one.authority_weight,
      totalWeight,
    );
    assert.equal(threshold, BigInt(one.threshold));
  }
});

interface DigestCases {
  readonly epoch_digest_next_data: { readonly hex: string; readonly n_authorities: number };
  readonly babe_equivocation_proof: { readonly hex: string };
  readonly header_with_beefy_digest_rococo: { readonly hex: string; readonly hash: string };
  readonly header_kusama_7472481: { readonly hex: string; readonly hash: string };
}
const digests = (): DigestCases => readVectorJson<DigestCases>("babe", "digests.json");

test("the next-epoch digest is read and written back", { skip: skipWithoutVectors }, () => {
  const { hex, n_authorities } = digests().epoch_digest_next_data;
  const log = decode(BabeConsensusLog, hexToBytes(hex));
  assert.ok(log.type === "nextEpochData");
  assert.equal(log.value.authorities.length, n_authorities);
  assert.equal(bytesToHex(encode(BabeConsensusLog, log)), `0x${hex}`);
});

test("the equivocation proof is read; its bytes convict nobody", {
  skip: skipWithoutVectors,
}, () => {
  const { hex } = digests().babe_equivocation_proof;
  const proof = decode(BabeEquivocationProof, hexToBytes(hex));
  assert.equal(bytesToHex(encode(BabeEquivocationProof, proof)), `0x${hex}`);
  assert.equal(isEquivocation(proof, verifier), false);
});

test("headers of other engines and of 900 authorities are read whole", {
  skip: skipWithoutVectors,
}, () => {
  const { header_with_beefy_digest_rococo: beefy, header_kusama_7472481: kusama } = digests();
  for (const { hex, hash } of [beefy, kusama]) {
    const header = decode(Header, hexToBytes(hex));
    assert.equal(headerHash(header), `0x${hash}`);
    assert.equal(blake2b256Hex(encode(Header, header)), `0x${hash}`);
  }
  const header = decode(Header, hexToBytes(kusama.hex));
  const announced = announcementOf(header);
  assert.ok(announced.ok);
  assert.equal(announced.value?.epoch.authorities.length, 900);
  assert.deepEqual(announced.value?.config?.allowedSlots, { type: "primaryAndSecondaryVRFSlots" });
  const logs = engineData(header.digest, "consensus", GRANDPA_ENGINE_ID).map((data) =>
    decode(GrandpaConsensusLog, data),
  );
  const log = logs.find(({ type }) => type === "scheduledChange");
  assert.ok(log?.type === "scheduledChange");
  assert.equal(log.value.nextAuthorities.length, 900);
});

interface WestendRun {
  readonly blocks: readonly { readonly hash: string; readonly header: string }[];
}

test("Westend's first 154 blocks verify one after the other", { skip: skipWithoutVectors }, () => {
  const { blocks } = readVectorJson<WestendRun>("blocks", "westend-1-154.json.gz");
  const headers = blocks.map(({ header }) => decode(Header, hexToBytes(header)));
  const [first] = headers;
  assert.ok(first !== undefined);
  // Block 1 repeats the authorities of genesis for epoch 1.
  const announced = announcementOf(first);
  assert.ok(announced.ok && announced.value !== undefined);
  const { authorities, randomness } = announced.value.epoch;
  const configuration = {
    slotDuration: 6000,
    epochLength: 600,
    c: { numerator: 1, denominator: 4 },
    authorities,
    randomness,
    allowedSlots: { type: "primaryAndSecondaryPlainSlots" },
  } as const;
  const genesis = asHash(first.parentHash);
  const epochs = new EpochTree(configuration, genesis, EpochTree.genesis(genesis));
  let parent: Header = parentOf(first);
  let parentHash = genesis;
  let primaries = 0;
  for (const [i, header] of headers.entries()) {
    const claim = preDigestOf(header);
    assert.ok(claim.ok);
    const { slot } = claim.value.value;
    const slotEpoch = epochs.epochFor(parentHash, slot);
    const result = verifyHeader(header, parent, slotEpoch, slot, verifier);
    assert.ok(result.ok, `block ${header.number}: ${JSON.stringify(result)}`);
    assert.equal(headerHash(header), `0x${blocks[i]?.hash}`);
    if (claim.value.type === "primary") primaries += 1;
    epochs.insert(headerHash(header), parentHash, slotEpoch, result.value.announcement);
    parent = header;
    parentHash = headerHash(header);
  }
  assert.ok(primaries > 20, `${primaries} primary blocks`);
});
