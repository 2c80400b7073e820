/** Encoded runtime calls that hand a transaction to the pool, as nodes make them of what they have found. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { bytesToHex, concatBytes, expectOk, hexToBytes } from "@parahost/base";
import { sr25519Sign } from "@parahost/crypto";
import {
  asParaId,
  asValidatorIndex,
  BabeEquivocationProof,
  BabeId,
  CandidateHash,
  DisputeProof,
  GrandpaEquivocationProof,
  GrandpaId,
  headerHash,
  KeyOwnershipProof,
  type OpaqueExtrinsic,
  PendingSlashes,
  PvfCheckStatement,
  pvfCheckPayload,
  SessionIndex,
  SetId,
  Slot,
  ValidatorId,
  ValidatorSignature,
  validationCodeHash,
} from "@parahost/primitives";
import { decode, encode, opaque, option, tuple, vec } from "@parahost/scale";
import { validateTransaction } from "../executive.ts";
import { scheduleParaInitialize } from "../parachains/paras/paras.ts";
import { storage as sessionInfoStorage } from "../parachains/session-info.ts";
import { activeValidatorKeys, sessionIndex } from "../parachains/shared/shared.ts";
import { all, disputeSet, someCandidate, votersOf } from "../parachains/testing/votes.ts";
import { TestChain, validatorPair } from "../testing/chain.ts";
import { twoHeaders, twoVotes } from "../testing/equivocations.ts";
import { callRuntimeApi } from "./index.ts";

const NOTHING = "0x00";
const DONE = "0x01";
const OpaqueProof = opaque(KeyOwnershipProof);

/** What a call answers, and what it has handed to a pool that takes all that is valid. */
function callOf(chain: TestChain, name: string, ...args: readonly Uint8Array[]) {
  const pool: OpaqueExtrinsic[] = [];
  const parent = headerHash(chain.head);
  const answer = callRuntimeApi(chain.state, parent, name, concatBytes(...args), {
    submit: (extrinsic) => {
      pool.push(extrinsic);
      return validateTransaction(chain.state, extrinsic, parent).ok;
    },
  });
  return { answer: bytesToHex(expectOk(answer, name)), pool };
}

/** The same in a node that has no pool for it. */
const withoutPool = (chain: TestChain, name: string, ...args: readonly Uint8Array[]) =>
  bytesToHex(
    expectOk(callRuntimeApi(chain.state, headerHash(chain.head), name, concatBytes(...args)), name),
  );

test("a vote on code is submitted if the chain would take it", () => {
  const chain = new TestChain();
  chain.add();
  const validationCode = new Uint8Array(32).fill(7);
  scheduleParaInitialize(chain.state, asParaId(2000), {
    genesisHead: new Uint8Array([1]),
    validationCode,
    parachain: true,
  });
  const submit = (changes: Partial<PvfCheckStatement> = {}) => {
    const stmt: PvfCheckStatement = {
      accept: true,
      subject: validationCodeHash(validationCode),
      sessionIndex: sessionIndex(chain.state),
      validatorIndex: asValidatorIndex(1),
      ...changes,
    };
    const key = activeValidatorKeys(chain.state)[1] as ValidatorId;
    const signature = sr25519Sign(validatorPair(key), pvfCheckPayload(stmt));
    return callOf(
      chain,
      "ParachainHost_submit_pvf_check_statement",
      encode(PvfCheckStatement, stmt),
      encode(ValidatorSignature, signature),
    );
  };
  const [vote] = submit().pool;
  assert.ok(vote !== undefined);
  assert.equal(submit().answer, "0x", "the call has no answer");
  assert.deepEqual(submit({ validatorIndex: asValidatorIndex(9) }).pool, []);
  assert.deepEqual(submit({ subject: validationCodeHash(new Uint8Array(9)) }).pool, []);
  chain.add({ extrinsics: [vote] });
  assert.deepEqual(submit().pool, [], "it has voted");
});

test("who lost a dispute is listed, and named by a report with a proof of the key", () => {
  const chain = new TestChain({ validators: 7, epochSlots: 50 });
  chain.add();
  const session = sessionIndex(chain.state);
  // Of accounts that the chain knows it needs no report.
  sessionInfoStorage.accountKeys.remove(chain.state, session);
  const candidate = someCandidate(0xa);
  const votes = [[0, "seconded"] as const, ...all(1, 7, "invalid")];
  const dispute = disputeSet(votersOf(chain), candidate, votes, { session });
  const bystander = sessionInfoStorage.sessions.get(chain.state, session)?.activeValidatorIndices;
  chain.add({ author: bystander?.[3] ?? 0, parachains: { disputes: [dispute] } });

  const Slashes = vec(tuple(SessionIndex, CandidateHash, PendingSlashes));
  const unapplied = withoutPool(chain, "ParachainHost_unapplied_slashes");
  const [[, , pending] = []] = decode(Slashes, hexToBytes(unapplied));
  const loser = activeValidatorKeys(chain.state)[0] as ValidatorId;
  assert.deepEqual(pending, {
    keys: new Map([[asValidatorIndex(0), loser]]),
    kind: { type: "forInvalidBacked" },
  });

  const proven = withoutPool(
    chain,
    "ParachainHost_key_ownership_proof",
    encode(ValidatorId, loser),
  );
  const ownership = decode(option(OpaqueProof), hexToBytes(proven));
  assert.ok(ownership !== undefined);
  const nobody = new Uint8Array(32);
  assert.equal(withoutPool(chain, "ParachainHost_key_ownership_proof", nobody), NOTHING);

  const proof: DisputeProof = {
    timeSlot: { sessionIndex: session, candidateHash: candidate },
    kind: { type: "forInvalidBacked" },
    validatorIndex: asValidatorIndex(0),
    validatorId: loser,
  };
  const name = "ParachainHost_submit_report_dispute_lost";
  const args = [encode(DisputeProof, proof), encode(OpaqueProof, ownership)] as const;
  const { answer, pool } = callOf(chain, name, ...args);
  assert.equal(answer, DONE);
  assert.equal(pool.length, 1);
  assert.equal(withoutPool(chain, name, ...args), NOTHING);
  const other = encode(DisputeProof, { ...proof, validatorIndex: asValidatorIndex(1) });
  assert.deepEqual(callOf(chain, name, other, args[1]), { answer: NOTHING, pool: [] });
});

test("equivocations are reported, and a report that the pool refuses is no answer", () => {
  const chain = new TestChain({ staking: {} });
  chain.add();
  const author = twoHeaders(chain, 1);
  const voter = twoVotes(2);
  const reports = [
    [
      "BabeApi",
      concatBytes(encode(Slot, author.slot), encode(BabeId, author.offender)),
      encode(BabeEquivocationProof, author),
    ],
    [
      "GrandpaApi",
      concatBytes(encode(SetId, 0), encode(GrandpaId, voter.equivocation.value.identity)),
      encode(GrandpaEquivocationProof, voter),
    ],
  ] as const;
  for (const [api, of, proof] of reports) {
    const proven = withoutPool(chain, `${api}_generate_key_ownership_proof`, of);
    const ownership = decode(option(OpaqueProof), hexToBytes(proven));
    assert.ok(ownership !== undefined, api);
    const name = `${api}_submit_report_equivocation_unsigned_extrinsic`;
    const report = [proof, encode(OpaqueProof, ownership)] as const;
    const { answer, pool } = callOf(chain, name, ...report);
    assert.equal(answer, DONE, name);
    assert.equal(withoutPool(chain, name, ...report), NOTHING);
    const forged = encode(OpaqueProof, { ...ownership, validatorCount: 3 });
    assert.equal(callOf(chain, name, proof, forged).answer, NOTHING);
    chain.add({ extrinsics: pool });
    assert.equal(callOf(chain, name, ...report).answer, NOTHING, "it is known");
  }
});
