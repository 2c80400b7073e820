import assert from "node:assert/strict";
import { test } from "node:test";
import { err, ok, silentLogger } from "@parahost/base";
import { MemoryKeystore, sr25519Verify } from "@parahost/crypto";
import {
  asAccountId,
  asSessionIndex,
  asValidatorId,
  type CandidateHash,
  FishermenTestimony,
  testimonyPayload,
} from "@parahost/primitives";
import { encodeBare } from "@parahost/runtime";
import { fixedBytes, struct, tryDecode } from "@parahost/scale";
import { sampleHash } from "../sample-candidate.ts";
import { FishermenWitness, type TestimonyQuestions } from "./fishermen-witness.ts";

const SESSION = asSessionIndex(3);
const candidate = (name: number) => sampleHash(100 + name) as unknown as CandidateHash;
const [alice, bob] = ["aa", "bb"].map((byte) => asAccountId(`0x${byte.repeat(32)}`));
assert.ok(alice && bob);

const reports = (name: number, ...staked: readonly (readonly [typeof alice, bigint])[]) => ({
  session: SESSION,
  candidateHash: candidate(name),
  reports: staked.map(([who, stake]) => ({ who, stake })),
});

const never = () => false;

/** A validator that is number 1 of its session, what it submits, and a chain that asks it about candidate 1. */
function world({ holds = "//Bob", takes = true } = {}) {
  const keystore = new MemoryKeystore();
  keystore.insert("para", holds);
  const others = new MemoryKeystore();
  for (const uri of ["//Alice", "//Bob"]) others.insert("para", uri);
  const validators = others.publicKeys("para").map(asValidatorId);
  const said: Uint8Array[] = [];
  const submit = (extrinsic: Uint8Array) => {
    said.push(extrinsic);
    return takes ? ok(undefined) : err({ code: "full" });
  };
  const witness = new FishermenWitness({ keystore, logger: silentLogger, submit });
  const asks = (changes: Partial<TestimonyQuestions> = {}): TestimonyQuestions => ({
    awaited: [{ sessionIndex: SESSION, candidateHash: candidate(1) }],
    validators: () => validators,
    hasTestified: never,
    ...changes,
  });
  return { witness, said, asks, validators };
}

/** The arguments of a bare call: version, pallet and call come before them. */
const Testified = struct({ testimony: FishermenTestimony, signature: fixedBytes(64) });

function read(extrinsic: Uint8Array | undefined) {
  assert.ok(extrinsic);
  const decoded = tryDecode(Testified, extrinsic.subarray(3));
  assert.ok(decoded.ok);
  const { testimony, signature } = decoded.value;
  const value = { type: "testify", value: { testimony, signature } };
  assert.deepEqual(encodeBare({ type: "fishermen", value }), extrinsic);
  return decoded.value;
}

test("a validator tells once, signed, whose reports it has seen, as they were first", () => {
  const { witness, said, asks, validators } = world();
  witness.see([reports(1, [alice, 5n]), reports(2, [bob, 1n])], never);
  witness.see([reports(1, [alice, 9n], [bob, 7n])], never);
  witness.tell(asks());
  witness.tell(asks());
  assert.equal(said.length, 1);
  const { testimony, signature } = read(said[0]);
  assert.deepEqual(testimony, {
    sessionIndex: SESSION,
    candidateHash: candidate(1),
    validatorIndex: 1,
    reports: [
      { who: alice, stake: 5n },
      { who: bob, stake: 7n },
    ],
  });
  assert.ok(sr25519Verify(validators[1] ?? "0x", testimonyPayload(testimony), signature));
});

test("reports after the verdict do not count, and who has seen none is silent", () => {
  const { witness, said, asks } = world();
  witness.tell(asks());
  witness.see([reports(1, [alice, 5n])], (name) => name === candidate(1));
  witness.tell(asks());
  assert.deepEqual(said, []);
});

test("who is no validator of the session, or has spoken on this chain, is silent", () => {
  const stranger = world({ holds: "//Eve" });
  const { witness, said, asks } = world();
  for (const one of [stranger.witness, witness]) one.see([reports(1, [alice, 5n])], never);
  stranger.witness.tell(stranger.asks());
  witness.tell(asks({ validators: () => undefined }));
  witness.tell(asks({ hasTestified: (_, validator) => validator === 1 }));
  assert.deepEqual([stranger.said, said], [[], []]);
});

test("what the pool does not take is said again", () => {
  const { witness, said, asks } = world({ takes: false });
  witness.see([reports(1, [alice, 5n])], never);
  witness.tell(asks());
  witness.tell(asks());
  assert.equal(said.length, 2);
});
