import assert from "node:assert/strict";
import test from "node:test";
import { DirectVerifier } from "@parahost/crypto";
import {
  BABE_ENGINE_ID,
  type BabeEpoch,
  type BabePreDigest,
  type DigestItem,
  type Header,
  withSeal,
} from "@parahost/primitives";
import {
  announcementItem,
  babeIdOf,
  childOf,
  epochOf,
  GENESIS,
  keystoreOf,
  sealedBy,
  slot,
} from "../testing/authored.ts";
import { claimSlot } from "./claim.ts";
import { type BabeError, verifyHeader } from "./verify.ts";

const verifier = new DirectVerifier();
const NAMES = ["Alice", "Bob", "Charlie"];
const EPOCH = epochOf(NAMES);
const always: BabeEpoch = {
  ...EPOCH,
  config: { ...EPOCH.config, c: { numerator: 1, denominator: 1 } },
};
const never: BabeEpoch = {
  ...EPOCH,
  config: { ...EPOCH.config, c: { numerator: 0, denominator: 1 } },
};

const next = announcementItem({ authorities: EPOCH.authorities, randomness: new Uint8Array(32) });

/** The block that the author whose turn it is builds in this slot. */
function claimed(
  at: number,
  epoch: BabeEpoch,
): { readonly name: string; readonly claim: BabePreDigest } {
  for (const name of NAMES) {
    const claim = claimSlot(slot(at), epoch, keystoreOf(name));
    if (claim !== undefined) return { name, claim: claim.preDigest };
  }
  throw new Error(`nobody may author ${at}`);
}

const PARENT = (() => {
  const { name, claim } = claimed(101, never);
  return sealedBy(name, childOf(GENESIS, claim, [next]));
})();

function outcome(
  header: Header,
  epoch: BabeEpoch,
  options: { readonly isFirst?: boolean; readonly now?: number; readonly parent?: Header } = {},
): BabeError["code"] | "verified" {
  const { isFirst = false, now = 105, parent = PARENT } = options;
  const result = verifyHeader(header, parent, { epoch, isFirst }, slot(now), verifier);
  return result.ok ? "verified" : result.error.code;
}

/** A header of slot 103 with this claim, sealed by `name`. */
const header103 = (claim: BabePreDigest, name: string, more: readonly DigestItem[] = []): Header =>
  sealedBy(name, childOf(PARENT, claim, more));

const secondary = claimed(103, never);
const primary = claimed(103, always);

test("primary and secondary blocks of the due author are verified", () => {
  assert.equal(outcome(header103(secondary.claim, secondary.name), never), "verified");
  assert.equal(outcome(header103(primary.claim, primary.name), always), "verified");
});

test("the author and the value of its VRF are told", () => {
  const header = header103(primary.claim, primary.name);
  const result = verifyHeader(
    header,
    PARENT,
    { epoch: always, isFirst: false },
    slot(103),
    verifier,
  );
  assert.ok(result.ok);
  assert.equal(result.value.author, babeIdOf(primary.name));
  assert.equal(result.value.vrf?.output.length, 32);
  assert.deepEqual(result.value.unsealed.header.digest, header.digest.slice(0, -1));
});

test("a header without a seal, with another engine's, with two, or with a short one is refused", () => {
  const unsealed = childOf(PARENT, secondary.claim);
  const once = sealedBy(secondary.name, unsealed);
  assert.equal(outcome(unsealed, never), "sealMissing");
  assert.equal(outcome(withSeal(unsealed, "aura", new Uint8Array(64)), never), "sealForeign");
  assert.equal(outcome(sealedBy(secondary.name, once), never), "sealRepeated");
  assert.equal(
    outcome(withSeal(unsealed, BABE_ENGINE_ID, new Uint8Array(63)), never),
    "sealMalformed",
  );
  const sealFirst: Header = { ...once, digest: [...once.digest].reverse() };
  assert.equal(outcome(sealFirst, never), "sealMissing");
});

test("a header has one readable claim", () => {
  const { name, claim } = secondary;
  const none: Header = { ...childOf(PARENT, claim), digest: [] };
  assert.equal(outcome(sealedBy(name, none), never), "preDigestMissing");
  const item = childOf(PARENT, claim).digest[0];
  assert.ok(item?.type === "preRuntime");
  assert.equal(outcome(header103(claim, name, [item]), never), "preDigestRepeated");
  const data = item.value.data.slice(0, -1);
  const short: Header = {
    ...childOf(PARENT, claim),
    digest: [{ type: "preRuntime", value: { engine: BABE_ENGINE_ID, data } }],
  };
  assert.equal(outcome(sealedBy(name, short), never), "preDigestMalformed");
});

test("slots rise along a chain", () => {
  const { name, claim } = claimed(101, never);
  assert.equal(outcome(header103(claim, name), never), "slotNotAfterParent");
});

test("one slot ahead of our clock is tolerated, two are not", () => {
  const header = header103(secondary.claim, secondary.name);
  assert.equal(outcome(header, never, { now: 102 }), "verified");
  assert.equal(outcome(header, never, { now: 101 }), "slotInFuture");
});

test("a slot outside the epoch is refused", () => {
  const { name, claim } = claimed(110, never);
  assert.equal(outcome(header103(claim, name), never, { now: 200 }), "slotOutsideEpoch");
});

test("an authority index equal to the number of authorities is refused", () => {
  const claim: BabePreDigest = {
    ...secondary.claim,
    value: { ...secondary.claim.value, authorityIndex: NAMES.length },
  } as BabePreDigest;
  assert.equal(outcome(header103(claim, secondary.name), never), "authorityIndexOutOfRange");
});

test("a relay chain refuses secondary plain slots, and other chains the other kinds", () => {
  const plain: BabeEpoch = {
    ...never,
    config: { ...never.config, allowedSlots: { type: "primaryAndSecondaryPlainSlots" } },
  };
  const { name, claim } = claimed(103, plain);
  assert.equal(claim.type, "secondaryPlain");
  assert.equal(outcome(header103(claim, name), plain), "verified");
  assert.equal(outcome(header103(claim, name), never), "kindNotAllowed");
  assert.equal(outcome(header103(secondary.claim, secondary.name), plain), "kindNotAllowed");
  const none: BabeEpoch = {
    ...never,
    config: { ...never.config, allowedSlots: { type: "primarySlots" } },
  };
  assert.equal(outcome(header103(secondary.claim, secondary.name), none), "kindNotAllowed");
});

test("only the drawn author has the secondary slot", () => {
  const other = NAMES.findIndex((name) => name !== secondary.name);
  const claim = {
    ...secondary.claim,
    value: { ...secondary.claim.value, authorityIndex: other },
  } as BabePreDigest;
  assert.equal(outcome(header103(claim, NAMES[other] ?? ""), never), "secondaryAuthorWrong");
  // The header names somebody who did not even seal it.
  assert.equal(outcome(header103(claim, secondary.name), never), "authorityWrong");
});

test("a losing VRF is no primary claim", () => {
  assert.equal(outcome(header103(primary.claim, primary.name), never), "scoreAboveThreshold");
});

test("a VRF must be of this slot, this epoch and this randomness, and proven", () => {
  const { name, claim } = primary;
  assert.ok(claim.type === "primary");
  const header = header103(claim, name);
  assert.equal(outcome(header, { ...always, epochIndex: 1 }), "vrfProofInvalid");
  const randomness = new Uint8Array(32).fill(9);
  assert.equal(outcome(header, { ...always, randomness }), "vrfProofInvalid");
  const proof = claim.value.vrfSignature.proof.slice();
  proof[0] = (proof[0] ?? 0) ^ 1;
  const signedBy = (change: Partial<typeof claim.value.vrfSignature>): BabePreDigest => ({
    type: "primary",
    value: { ...claim.value, vrfSignature: { ...claim.value.vrfSignature, ...change } },
  });
  const unproven = signedBy({ proof });
  assert.equal(outcome(header103(unproven, name), always), "vrfProofInvalid");
  const swapped = signedBy({ preOutput: new Uint8Array(32).fill(255) });
  assert.equal(outcome(header103(swapped, name), always), "vrfOutputMalformed");
});

test("the seal is the author's and covers the whole header", () => {
  const { name, claim } = secondary;
  const other = NAMES.find((one) => one !== name) ?? "";
  assert.equal(outcome(header103(claim, other), never), "sealInvalid");
  const header = header103(claim, name);
  assert.equal(outcome({ ...header, number: header.number + 1 }, never), "sealInvalid");
});

test("the first block of an epoch announces the next, once, and no other block does", () => {
  const { name, claim } = secondary;
  const first = { isFirst: true };
  assert.equal(outcome(header103(claim, name, [next]), never, first), "verified");
  assert.equal(outcome(header103(claim, name), never, first), "nextEpochMissing");
  assert.equal(outcome(header103(claim, name, [next]), never), "nextEpochUnexpected");
  assert.equal(outcome(header103(claim, name, [next, next]), never, first), "nextEpochRepeated");
  const log = (data: Uint8Array): DigestItem => ({
    type: "consensus",
    value: { engine: BABE_ENGINE_ID, data },
  });
  const config = log(new Uint8Array([3, 1, ...new Uint8Array(16), 2]));
  assert.equal(outcome(header103(claim, name, [next, config]), never, first), "verified");
  assert.equal(
    outcome(header103(claim, name, [next, config, config]), never, first),
    "nextConfigRepeated",
  );
  assert.equal(outcome(header103(claim, name, [config]), never), "nextConfigWithoutEpoch");
  assert.equal(
    outcome(header103(claim, name, [log(new Uint8Array([9]))]), never),
    "consensusLogMalformed",
  );
  const disabled = log(new Uint8Array([2, 0, 0, 0, 0]));
  assert.equal(outcome(header103(claim, name, [disabled]), never), "verified");
});
