import assert from "node:assert/strict";
import { test } from "node:test";
import { expectOk } from "@parahost/base";
import { MemoryKeystore, Transcript } from "@parahost/crypto";
import {
  type AssignmentCert,
  asAssignmentId,
  asCandidateHash,
  asCoreIndex,
  asGroupIndex,
  type CoreIndex,
  type ValidatorIndex,
} from "@parahost/primitives";
import { bitsAt, onesOf } from "@parahost/scale";
import { sampleHash } from "../sample-candidate.ts";
import { type OwnAssignment, ownAssignments } from "./assign.ts";
import { type AssignmentClaim, checkAssignments } from "./check.ts";
import type {
  ApprovalCriteria,
  ApprovalProfile,
  CriteriaBlock,
  CriteriaSession,
} from "./criteria.ts";
import { compactCores, coreBitfield } from "./draws.ts";

const COUNT = 12;
const CORES = 4;

const keystores = Array.from({ length: COUNT }, (_, index) => {
  const keystore = new MemoryKeystore();
  const key = asAssignmentId(expectOk(keystore.insert("asgn", `//checker//${index}`), "inserted"));
  return { keystore, key };
});

const session: CriteriaSession = {
  assignmentKeys: keystores.map(({ key }) => key),
  validatorGroups: Array.from({ length: CORES }, (_, group) =>
    [0, 1, 2].map((member) => (group * 3 + member) as ValidatorIndex),
  ),
  nCores: CORES,
  relayVrfModuloSamples: 2,
  nDelayTranches: 8,
  zerothDelayTrancheWidth: 0,
};

const block: CriteriaBlock = {
  hash: sampleHash(1),
  story: new Uint8Array(32).fill(42),
  candidates: [2, 0, 3].map((core) => ({
    candidate: asCandidateHash(sampleHash(100 + core)),
    core: asCoreIndex(core),
    group: asGroupIndex(core),
  })),
  equivocatedCores: new Set([asCoreIndex(3)]),
};

const MODERN: ApprovalCriteria = { profile: "modern", isCompactOn: true };
const MODULO: ApprovalCriteria = { profile: "modern", isCompactOn: false };
const ANV: ApprovalCriteria = { profile: "anv", isCompactOn: true };

function assignmentsOf(criteria: ApprovalCriteria, at = block): readonly OwnAssignment[] {
  return keystores.flatMap(({ keystore }) => {
    const { byStory, byEquivocation } = ownAssignments(keystore, session, at, criteria);
    return [...new Set([...byStory.values(), ...byEquivocation.values()])];
  });
}

const bitsOf = (cores: readonly CoreIndex[], at = block) =>
  bitsAt(
    at.candidates.length,
    cores.map((core) => at.candidates.findIndex((candidate) => candidate.core === core)),
  );

const judge = (profile: ApprovalProfile, claim: AssignmentClaim) =>
  checkAssignments(profile, [claim])[0] ?? assert.fail();

function check(
  { cert, cores, validator }: Pick<OwnAssignment, "cert" | "cores" | "validator">,
  profile: ApprovalProfile = "modern",
  at = block,
) {
  return judge(profile, { session, block: at, validator, cert, claimed: bitsOf(cores, at) });
}

const codeOf = (result: ReturnType<typeof check>): string =>
  result.ok ? "accepted" : result.error.code;

for (const [name, criteria] of Object.entries({ compact: MODERN, modulo: MODULO, anv: ANV }))
  test(`every own assignment is accepted in its tranche by all others: ${name}`, () => {
    const made = assignmentsOf(criteria);
    assert.ok(made.length >= COUNT, `${made.length} assignments`);
    const kinds = new Set<string>();
    for (const assignment of made) {
      kinds.add(assignment.cert.kind.type);
      const checked = check(assignment, criteria.profile);
      assert.ok(checked.ok, `${assignment.cert.kind.type}: ${codeOf(checked)}`);
      assert.equal(checked.value.tranche, assignment.tranche);
      const isEquivocation = assignment.cert.kind.type === "equivocation";
      assert.equal(checked.value.criterion, isEquivocation ? "equivocation" : "story");
    }
    const first = { compact: "relayVRFModuloCompact", modulo: "relayVRFModulo", anv: "oneShot" }[
      name
    ];
    assert.deepEqual(kinds, new Set([first, "relayVRFDelay", "equivocation"]));
  });

test("each validator has one story assignment for every candidate that its group did not back", () => {
  for (const criteria of [MODERN, MODULO, ANV])
    for (const [index, { keystore }] of keystores.entries()) {
      const { byStory, byEquivocation } = ownAssignments(keystore, session, block, criteria);
      const group = Math.floor(index / 3);
      const expected = [0, 2, 3].filter((core) => core !== group);
      assert.deepEqual([...byStory.keys()].sort(), expected);
      assert.deepEqual([...byEquivocation.keys()], group === 3 ? [] : [3]);
    }
});

test("nothing is assigned without a key, without cores and without candidates", () => {
  const none = { byStory: new Map(), byEquivocation: new Map() };
  const [mine] = keystores;
  assert.ok(mine !== undefined);
  const empty = { ...block, candidates: [] };
  assert.deepEqual(ownAssignments(new MemoryKeystore(), session, block, MODERN), none);
  assert.deepEqual(ownAssignments(mine.keystore, session, empty, MODERN), none);
  const coreless = { ...session, nCores: 0 };
  assert.deepEqual(ownAssignments(mine.keystore, coreless, block, MODERN), none);
});

test("a story or a block of others makes the certificate worthless", () => {
  for (const criteria of [MODERN, MODULO, ANV])
    for (const assignment of assignmentsOf(criteria)) {
      const elsewhere = { ...block, story: new Uint8Array(32).fill(43) };
      assert.equal(codeOf(check(assignment, criteria.profile, elsewhere)), "vrfMismatch");
      const twin = { ...block, hash: sampleHash(2) };
      const isBound = assignment.cert.kind.type === "equivocation";
      assert.equal(
        codeOf(check(assignment, criteria.profile, twin)),
        isBound ? "vrfMismatch" : "accepted",
      );
    }
});

test("a certificate is good for its validator and its cores only", () => {
  for (const assignment of assignmentsOf(MODERN)) {
    const { validator, cores, cert } = assignment;
    const other = session.validatorGroups[1]?.find((index) => index !== validator);
    assert.ok(other !== undefined);
    assert.equal(codeOf(check({ ...assignment, validator: other })), "vrfMismatch");
    const foreign = block.candidates
      .map(({ core }) => core)
      .find((core) => !cores.includes(core) && Math.floor(validator / 3) !== core);
    if (foreign === undefined) continue;
    const moved = check({ cert, validator, cores: [foreign] });
    assert.equal(codeOf(moved), "coreIndexMismatch");
  }
});

const delay = assignmentsOf(MODERN).find(({ cert }) => cert.kind.type === "relayVRFDelay");
const compact = assignmentsOf(MODERN).find(
  ({ cert }) => cert.kind.type === "relayVRFModuloCompact",
);
const modulo = assignmentsOf(MODULO).find(({ cert }) => cert.kind.type === "relayVRFModulo");
const oneShot = assignmentsOf(ANV).find(({ cert }) => cert.kind.type === "oneShot");
assert.ok(delay && compact && modulo && oneShot);

test("claims are answered in their order, whatever stands beside them", () => {
  const claims = assignmentsOf(MODERN).map(({ cert, cores, validator }, i): AssignmentClaim => {
    const claimed = i % 4 === 1 ? bitsAt(3, []) : bitsOf(cores);
    const other = i % 4 === 2 ? (validator + 1) % COUNT : validator;
    return { session, block, validator: other as ValidatorIndex, cert, claimed };
  });
  assert.deepEqual(
    checkAssignments("modern", claims),
    claims.map((claim) => judge("modern", claim)),
  );
  assert.ok(checkAssignments("modern", claims).some(({ ok: isGood }) => isGood));
  assert.deepEqual(checkAssignments("modern", []), []);
});

test("malformed claims are told apart", () => {
  const claim = (cert: AssignmentCert, validator: number, ones: readonly number[], length = 3) =>
    codeOf(
      judge("modern", {
        session,
        block,
        validator: validator as ValidatorIndex,
        cert,
        claimed: bitsAt(length, ones),
      }),
    );
  const { cert, validator } = delay;
  assert.equal(claim(cert, COUNT, [0]), "validatorIndexOutOfBounds");
  assert.equal(claim(cert, validator, []), "invalidCandidateIndex");
  assert.equal(claim(cert, validator, [3], 4), "invalidCandidateIndex");
  // Members of group 1, whose core has no candidate, may check all three.
  const two = { ...cert };
  assert.equal(claim(two, 3, [0, 1]), "invalidArguments");
  assert.equal(claim(cert, 6, [0]), "isInBackingGroup");
  const shrunk = { ...session, nCores: 2 };
  assert.equal(
    codeOf(
      judge("modern", {
        session: shrunk,
        block,
        validator: 3 as ValidatorIndex,
        cert,
        claimed: bitsAt(1, [0]),
      }),
    ),
    "coreIndexOutOfBounds",
  );
  const sampled = {
    ...modulo.cert,
    kind: { type: "relayVRFModulo", value: { sample: 2 } },
  } as const;
  assert.equal(codeOf(check({ ...modulo, cert: sampled })), "sampleOutOfBounds");
});

test("criteria of the other profile are refused", () => {
  assert.equal(codeOf(check(oneShot, "modern")), "foreignCriterion");
  assert.equal(codeOf(check(compact, "anv")), "foreignCriterion");
  assert.equal(codeOf(check(modulo, "anv")), "foreignCriterion");
  assert.equal(codeOf(check(delay, "anv")), "accepted");
});

test("a candidate of an honest author is not drawn for twice", () => {
  const equivocation = assignmentsOf(MODERN).find(({ cert }) => cert.kind.type === "equivocation");
  assert.ok(equivocation !== undefined);
  const honest = { ...block, equivocatedCores: new Set<CoreIndex>() };
  assert.equal(codeOf(check(equivocation, "modern", honest)), "notEquivocated");
});

test("a compact certificate may claim fewer cores than were drawn, but no others", () => {
  // Its proof is over the bits, so the prover chooses them and nobody else can.
  const { kind } = compact.cert;
  assert.ok(kind.type === "relayVRFModuloCompact");
  assert.deepEqual(onesOf(kind.value.coreBitfield), [...compact.cores].sort());
  const all = coreBitfield([0, 2, 3].map(asCoreIndex));
  const widened = {
    ...compact.cert,
    kind: { type: "relayVRFModuloCompact", value: { coreBitfield: all } },
  } as const;
  const outside = 3 as ValidatorIndex;
  const claimed = { cert: widened, validator: outside, cores: [0, 2, 3].map(asCoreIndex) };
  assert.equal(codeOf(check(claimed)), "vrfMismatch");
});

test("the compact draw of a known value is the known one", () => {
  // Drawing is agreed upon by fixtures of `drawDistinct`; here its bounds: never more than there are.
  const value = { input: new Uint8Array(32), output: new Uint8Array(32) };
  const many = { ...session, relayVrfModuloSamples: 60, nCores: 50 };
  assert.equal(new Set(compactCores(value, many)).size, 40);
  const few = { ...session, relayVrfModuloSamples: 60, nCores: 5 };
  assert.deepEqual([...compactCores(value, few)].sort(), [0, 1, 2, 3, 4]);
});

test("the transcripts bind what the protocol names", () => {
  // The labels end up in the VRF: an independent build of the same transcript has the same value.
  const { kind, vrf } = delay.cert;
  assert.ok(kind.type === "relayVRFDelay");
  const mine = keystores[delay.validator];
  assert.ok(mine !== undefined);
  const independent = new Transcript("A&V DELAY");
  independent.appendMessage("RC-VRF", block.story);
  independent.appendMessage("core", new Uint8Array([kind.value.coreIndex, 0, 0, 0]));
  const value = mine.keystore.vrfInOut("asgn", mine.key, independent);
  assert.deepEqual(vrf.preOutput, value?.output);
});
