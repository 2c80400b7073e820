/** Digests, justifications and equivocations of real chains. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { bytesToHex, concatBytes, hexToBytes } from "@parahost/base";
import { ed25519Verify, sr25519Verify } from "@parahost/crypto";
import {
  BABE_ENGINE_ID,
  BabeConsensusLog,
  BabeEquivocationProof,
  BabePreDigest,
  engineData,
  GRANDPA_ENGINE_ID,
  GrandpaCommitMessage,
  GrandpaConsensusLog,
  GrandpaEquivocationProof,
  GrandpaGossip,
  GrandpaJustification,
  grandpaVotePayload,
  Header,
  headerHash,
  type SignedGrandpaVote,
  soleEngineData,
  stripSeal,
  withSeal,
} from "@parahost/primitives";
import { type Codec, decode, encode, tryDecode } from "@parahost/scale";
import { readVectorJson, skipWithoutVectors } from "../../../test/vectors.ts";

const skip = skipWithoutVectors;

function roundTrip<T>(codec: Codec<T>, hex: string): T {
  const value = decode(codec, hexToBytes(hex));
  assert.equal(bytesToHex(encode(codec, value)), `0x${hex}`);
  return value;
}

// BABE

interface BabeHeader {
  readonly hash: string;
  readonly header: string;
  readonly number: number;
  readonly pre_digest: { readonly kind: number; readonly authority: number; readonly slot: string };
  readonly epoch: { readonly authorities: readonly string[] };
}

test("headers of five chains: hash, claim, and seal over the header without it", { skip }, () => {
  for (const known of readVectorJson<BabeHeader[]>("babe", "headers.json.gz")) {
    const header = roundTrip(Header, known.header);
    assert.equal(header.number, known.number);
    assert.equal(headerHash(header), `0x${known.hash}`);
    const preDigest = soleEngineData(header.digest, "preRuntime", BABE_ENGINE_ID);
    assert.ok(preDigest !== undefined);
    const claim = decode(BabePreDigest, preDigest);
    const kinds = { primary: 1, secondaryPlain: 2, secondaryVRF: 3 };
    assert.equal(kinds[claim.type], known.pre_digest.kind);
    assert.equal(claim.value.authorityIndex, known.pre_digest.authority);
    assert.equal(claim.value.slot, Number(known.pre_digest.slot));

    const stripped = stripSeal(header);
    assert.ok(stripped !== undefined);
    assert.equal(stripped.seal.engine, BABE_ENGINE_ID);
    assert.ok(
      sr25519Verify(
        `0x${known.epoch.authorities[claim.value.authorityIndex] ?? ""}`,
        hexToBytes(headerHash(stripped.header)),
        stripped.seal.data,
      ),
    );
    assert.deepEqual(withSeal(stripped.header, stripped.seal.engine, stripped.seal.data), header);
  }
});

interface DigestVectors {
  readonly epoch_digest_next_data: { readonly hex: string; readonly n_authorities: number };
  readonly babe_equivocation_proof: { readonly hex: string };
  readonly header_with_beefy_digest_rococo: { readonly hex: string; readonly hash: string };
  readonly header_kusama_7472481: { readonly hex: string; readonly hash: string };
}

test("next-epoch digests, equivocation proofs and headers with unusual digests", { skip }, () => {
  const vectors = readVectorJson<DigestVectors>("babe", "digests.json");
  const next = roundTrip(BabeConsensusLog, vectors.epoch_digest_next_data.hex);
  assert.ok(next.type === "nextEpochData");
  assert.equal(next.value.authorities.length, vectors.epoch_digest_next_data.n_authorities);

  const proof = roundTrip(BabeEquivocationProof, vectors.babe_equivocation_proof.hex);
  assert.equal(proof.slot, 11);
  assert.notEqual(headerHash(proof.firstHeader), headerHash(proof.secondHeader));
  assert.ok(stripSeal(proof.firstHeader) !== undefined);

  const rococo = roundTrip(Header, vectors.header_with_beefy_digest_rococo.hex);
  assert.equal(headerHash(rococo), `0x${vectors.header_with_beefy_digest_rococo.hash}`);
  assert.ok(engineData(rococo.digest, "consensus", "BEEF").length > 0);

  const kusama = roundTrip(Header, vectors.header_kusama_7472481.hex);
  assert.equal(headerHash(kusama), `0x${vectors.header_kusama_7472481.hash}`);
  const epochs = engineData(kusama.digest, "consensus", BABE_ENGINE_ID).map((data) =>
    decode(BabeConsensusLog, data),
  );
  assert.ok(
    epochs.some((log) => log.type === "nextEpochData" && log.value.authorities.length === 900),
  );
  const changes = engineData(kusama.digest, "consensus", GRANDPA_ENGINE_ID).map((data) =>
    decode(GrandpaConsensusLog, data),
  );
  assert.ok(changes.some((log) => log.type === "scheduledChange" && log.value.delay === 0));
});

// GRANDPA

interface GrandpaCase {
  readonly id: string;
  readonly hex: string;
  readonly round: string;
  readonly set_id: number;
  readonly target_number: number;
  readonly target_hash: string;
  readonly n_precommits: number;
  readonly n_ancestries: number;
  readonly ids: readonly string[];
  readonly commit_finalized_height: number;
}

function grandpaCase(id: string): GrandpaCase {
  const found = readVectorJson<GrandpaCase[]>("grandpa", "grandpa.json").find(
    (entry) => entry.id === id,
  );
  assert.ok(found !== undefined);
  return found;
}

function verifyPrecommit(vote: SignedGrandpaVote, round: number, setId: number): boolean {
  const { targetHash, targetNumber } = vote.target;
  return ed25519Verify(
    vote.id,
    grandpaVotePayload("precommit", targetHash, targetNumber, round, setId),
    vote.signature,
  );
}

test("justifications: contents, and signatures over round and set", { skip }, () => {
  for (const id of ["polkadot-4635975", "westend-512"]) {
    const known = grandpaCase(id);
    const justification = roundTrip(GrandpaJustification, known.hex);
    assert.equal(justification.round, Number(known.round));
    const { targetHash, targetNumber, precommits } = justification.commit;
    assert.equal(targetHash, `0x${known.target_hash}`);
    assert.equal(targetNumber, known.target_number);
    assert.equal(precommits.length, known.n_precommits);
    assert.equal(justification.votesAncestries.length, known.n_ancestries);
    for (const vote of precommits.slice(0, 12)) {
      assert.ok(verifyPrecommit(vote, justification.round, known.set_id));
      assert.ok(!verifyPrecommit(vote, justification.round + 1, known.set_id));
      assert.ok(!verifyPrecommit(vote, justification.round, known.set_id + 1));
    }
  }
});

test("every cut and every extension of a justification is refused", { skip }, () => {
  const bytes = hexToBytes(grandpaCase("westend-512").hex);
  for (let length = 0; length < bytes.length; length++)
    assert.ok(!tryDecode(GrandpaJustification, bytes.subarray(0, length)).ok, `${length} bytes`);
  const extended = tryDecode(GrandpaJustification, concatBytes(bytes, new Uint8Array(1)));
  assert.ok(!extended.ok && extended.error.code === "trailingBytes");
});

test("a gossiped commit pairs targets with signatures", { skip }, () => {
  const known = grandpaCase("westend-commit-5105457");
  const message = roundTrip(GrandpaCommitMessage, known.hex);
  assert.equal(message.round, Number(known.round));
  assert.equal(message.setId, known.set_id);
  assert.equal(message.commit.targetHash, `0x${known.target_hash}`);
  assert.deepEqual(
    message.commit.precommits.map(({ id }) => id),
    known.ids.map((id) => `0x${id}`),
  );
  for (const vote of message.commit.precommits)
    assert.ok(verifyPrecommit(vote, message.round, message.setId));

  // Round, set and target take 52 bytes; then comes the count of seven.
  const bytes = hexToBytes(known.hex);
  assert.equal(bytes[52], 7 << 2);
  const bomb = concatBytes(
    bytes.subarray(0, 52),
    new Uint8Array([0xfe, 0xff, 0xff, 0xff]),
    bytes.subarray(53),
  );
  const refused = tryDecode(GrandpaCommitMessage, bomb);
  assert.ok(!refused.ok && refused.error.code === "lengthTooLarge");
});

test("a neighbour packet", { skip }, () => {
  const known = grandpaCase("neighbour-packet");
  assert.deepEqual(roundTrip(GrandpaGossip, known.hex), {
    type: "neighbor",
    value: {
      type: "v1",
      value: {
        round: Number(known.round),
        setId: known.set_id,
        commitFinalizedHeight: known.commit_finalized_height,
      },
    },
  });
});

test("a GRANDPA equivocation proof", { skip }, () => {
  const proof = roundTrip(GrandpaEquivocationProof, grandpaCase("grandpa-equivocation-proof").hex);
  assert.equal(proof.setId, 1);
  assert.equal(proof.equivocation.type, "prevote");
  const { round, first, second } = proof.equivocation.value;
  assert.equal(round, 1);
  assert.notEqual(first.target.targetHash, second.target.targetHash);
});
