/** GRANDPA against real justifications, commits and gossip: vectors `grandpa`. */
import assert from "node:assert/strict";
import test from "node:test";
import { bytesToHex, hexToBytes } from "@parahost/base";
import { DirectVerifier, ed25519PairFromSeed } from "@parahost/crypto";
import {
  asGrandpaId,
  asHash,
  GrandpaCommitMessage,
  GrandpaEquivocationProof,
  GrandpaGossip,
  type GrandpaId,
  GrandpaJustification,
  type Hash,
} from "@parahost/primitives";
import { type Codec, decode, encode, tryDecode } from "@parahost/scale";
import { readVectorJson, skipWithoutVectors } from "../../../test/vectors.ts";
import type { BlockRef } from "../src/block-tree.ts";
import { isEquivocation } from "../src/grandpa/equivocation.ts";
import { verifyCommit, verifyJustification } from "../src/grandpa/justification.ts";
import { VoterSet } from "../src/grandpa/voter-set.ts";

interface Case {
  readonly id: string;
  readonly hex: string;
  readonly set_id: number;
  readonly round: string;
  readonly target_number: number;
  readonly target_hash: string;
  readonly n_precommits: number;
  readonly voters_in_set?: number;
  readonly threshold?: number;
  readonly authorities?: readonly string[];
  readonly ids?: readonly string[];
  readonly list?: readonly { readonly base: string; readonly op: string }[];
}

const skip = skipWithoutVectors;
const verifier = new DirectVerifier();
const cases = skip ? [] : readVectorJson<Case[]>("grandpa", "grandpa.json");

function caseOf(id: string): Case {
  const found = cases.find((one) => one.id === id);
  assert.ok(found !== undefined, id);
  return found;
}

const votersOf = (ids: readonly GrandpaId[]): VoterSet => {
  const voters = VoterSet.from(ids.map((id) => ({ id, weight: 1 })));
  assert.ok(voters !== undefined);
  return voters;
};

/** The set of a case; where only its size is known, the signers and as many others as are missing. */
function votersFor(one: Case): VoterSet {
  const named = one.authorities ?? one.ids;
  if (named !== undefined) return votersOf(named.map((id) => asGrandpaId(`0x${id}`)));
  const signers = justificationOf(one).commit.precommits.map(({ id }) => id);
  const others = Array.from({ length: (one.voters_in_set ?? 0) - signers.length }, (_, i) =>
    asGrandpaId(ed25519PairFromSeed(new Uint8Array(32).fill(i)).publicKey),
  );
  return votersOf([...signers, ...others]);
}

const justificationOf = (one: Case): GrandpaJustification =>
  decode(GrandpaJustification, hexToBytes(one.hex));

function verdict(justification: GrandpaJustification, setId: number, voters: VoterSet): string {
  const result = verifyJustification(justification, setId, voters, verifier);
  return result.ok ? "valid" : result.error.code;
}

function assertRoundTrip<T>(codec: Codec<T>, hex: string): T {
  const value = decode(codec, hexToBytes(hex));
  assert.equal(bytesToHex(encode(codec, value)), `0x${hex}`);
  return value;
}

for (const id of ["polkadot-4635975", "westend-512"])
  test(`${id}: decodes, verifies, encodes again`, { skip }, () => {
    const one = caseOf(id);
    const justification = assertRoundTrip(GrandpaJustification, one.hex);
    assert.equal(justification.round, Number(one.round));
    assert.equal(justification.commit.targetHash, `0x${one.target_hash}`);
    assert.equal(justification.commit.targetNumber, one.target_number);
    assert.equal(justification.commit.precommits.length, one.n_precommits);
    const voters = votersFor(one);
    assert.equal(voters.threshold, one.threshold);
    assert.equal(verdict(justification, one.set_id, voters), "valid");
  });

/** A chain that knows one block. */
const knowing = (block: BlockRef) => ({
  block: (hash: Hash) => (hash === block.hash ? block : undefined),
  path: (base: BlockRef, target: BlockRef) =>
    base.hash === block.hash && target.hash === block.hash ? [] : undefined,
});

test("westend-commit-5105457: decodes, verifies, encodes again", { skip }, () => {
  const one = caseOf("westend-commit-5105457");
  const { round, setId, commit } = assertRoundTrip(GrandpaCommitMessage, one.hex);
  assert.deepEqual([round, setId], [Number(one.round), one.set_id]);
  const voters = votersFor(one);
  const target = { hash: asHash(`0x${one.target_hash}`), number: one.target_number };
  const place = { setId, round };
  assert.ok(verifyCommit(commit, place, voters, verifier, knowing(target)).ok);
  const elsewhere = verifyCommit(
    commit,
    { ...place, setId: setId + 1 },
    voters,
    verifier,
    knowing(target),
  );
  assert.ok(!elsewhere.ok && elsewhere.error.code === "badSignature");
});

test("neighbour-packet: decodes and encodes again", { skip }, () => {
  const one = caseOf("neighbour-packet");
  const message = assertRoundTrip(GrandpaGossip, one.hex);
  assert.ok(message.type === "neighbor");
  assert.deepEqual(message.value.value, {
    round: Number(one.round),
    setId: one.set_id,
    commitFinalizedHeight: (one as unknown as { commit_finalized_height: number })
      .commit_finalized_height,
  });
});

test("grandpa-equivocation-proof: decodes and encodes again, and its signatures convict nobody", {
  skip,
}, () => {
  const one = caseOf("grandpa-equivocation-proof");
  const proof = assertRoundTrip(GrandpaEquivocationProof, one.hex);
  assert.equal(proof.setId, one.set_id);
  assert.equal(proof.equivocation.value.round, Number(one.round));
  assert.equal(isEquivocation(proof, verifier), false);
});

// Mutations

type Commit = GrandpaJustification["commit"];

/** What each operation of the list does, and the error it earns. */
const MUTATIONS: Readonly<Record<string, (one: Case) => void>> = {
  "set_id+1": (one) =>
    assert.equal(verdict(justificationOf(one), one.set_id + 1, votersFor(one)), "badSignature"),
  "round+1": (one) => {
    const justification = justificationOf(one);
    const later = { ...justification, round: justification.round + 1 };
    assert.equal(verdict(later, one.set_id, votersFor(one)), "badSignature");
  },
  "drop last precommit (fix length prefix)": (one) =>
    assertCommit(
      one,
      ({ precommits }) => ({ precommits: precommits.slice(0, -1) }),
      "belowThreshold",
    ),
  "replace precommit 198 by a copy of precommit 0": (one) =>
    assertCommit(
      one,
      ({ precommits }) => ({
        precommits: [...precommits.slice(0, 198), ...precommits.slice(0, 1)],
      }),
      "belowThreshold",
    ),
  "flip bit 0 of the signature of precommit 7": (one) =>
    assertCommit(
      one,
      ({ precommits }) => ({
        precommits: precommits.map((vote, i) => {
          if (i !== 7) return vote;
          const signature = vote.signature.slice();
          signature[0] = (signature[0] ?? 0) ^ 1;
          return { ...vote, signature };
        }),
      }),
      "badSignature",
    ),
  "target_number-1": (one) =>
    assertCommit(one, ({ targetNumber }) => ({ targetNumber: targetNumber - 1 }), "numberMismatch"),
  "verify with 4 authorities, one of the signers removed from the set": (one) => {
    const justification = justificationOf(one);
    const [removed] = justification.commit.precommits.map(({ id }) => id);
    const rest = votersFor(one)
      .voters.map(({ id }) => id)
      .filter((id) => id !== removed);
    const stranger = asGrandpaId(ed25519PairFromSeed(new Uint8Array(32)).publicKey);
    const voters = votersOf([...rest, stranger]);
    assert.equal(verdict(justification, one.set_id, voters), "unknownVoter");
  },
  "append 1 byte": (one) => {
    const decoded = tryDecode(GrandpaJustification, hexToBytes(`${one.hex}00`));
    assert.ok(!decoded.ok && decoded.error.code === "trailingBytes");
  },
  "truncate to every length 0..len-1": (one) => {
    const bytes = hexToBytes(one.hex);
    for (let length = 0; length < bytes.length; length++)
      assert.ok(!tryDecode(GrandpaJustification, bytes.subarray(0, length)).ok);
  },
  "precommit count prefix 7 -> 2^30-1": (one) => {
    // Round, set id and target are 52 bytes; the count 7 is the byte 1c after them.
    const bytes = hexToBytes(one.hex);
    assert.equal(bytes[52], 0x1c);
    const many = new Uint8Array([
      ...bytes.slice(0, 52),
      0xfe,
      0xff,
      0xff,
      0xff,
      ...bytes.slice(53),
    ]);
    const decoded = tryDecode(GrandpaCommitMessage, many);
    assert.ok(!decoded.ok && decoded.error.code === "lengthTooLarge");
  },
};

function assertCommit(one: Case, change: (commit: Commit) => Partial<Commit>, code: string): void {
  const justification = justificationOf(one);
  const { commit } = justification;
  const changed = { ...justification, commit: { ...commit, ...change(commit) } };
  assert.equal(verdict(changed, one.set_id, votersFor(one)), code);
}

for (const { base, op } of skip ? [] : (caseOf("mutations").list ?? []))
  test(`${base}: ${op} is refused`, () => {
    const mutate = MUTATIONS[op];
    assert.ok(mutate !== undefined, `no such mutation: ${op}`);
    mutate(caseOf(base));
  });
