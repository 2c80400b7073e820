/**
 * Inherents that are wrong in random ways. An importer takes them or refuses them with a typed reason and an
 * unchanged state; an author makes something of them that every importer takes.
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import {
  asHash,
  asParaId,
  asSessionIndex,
  asValidatorIndex,
  type BackedCandidate,
  type CandidateCommitments,
  type CandidateDescriptor,
  type UncheckedSignedAvailabilityBitfield,
} from "@parahost/primitives";
import { bitsAt } from "@parahost/scale";
import fc from "fast-check";
import { Scenario } from "../testing/scenario.ts";

const PARAS = [1000, 1001, 1002];

interface Parts {
  readonly bitfields: readonly UncheckedSignedAvailabilityBitfield[];
  readonly candidates: readonly BackedCandidate[];
}

/** Block 5: candidates of two paras await availability, the third is free. */
function chainWithWork(): { readonly chain: Scenario; readonly good: Parts } {
  const chain = new Scenario({
    validators: 6,
    paras: PARAS,
    configuration: { asyncBackingParams: { maxCandidateDepth: 3, allowedAncestryLen: 2 } },
  })
    .playTo(3)
    .playBacking(1000, 1001)
    .beginBlock();
  const good = {
    bitfields: [...chain.bitfields(0, 5, [0]), chain.bitfield(5, [])],
    candidates: [
      chain.backed(chain.candidate(1000), { core: 0 }),
      chain.backed(chain.candidate(1002), { core: 2 }),
    ],
  };
  return { chain, good };
}

// Faults

const small = fc.nat(9);
const bytes = fc.uint8Array({ maxLength: 40 });
const hash = fc.nat(3).map((n) => asHash(`0x${"0".repeat(63)}${n}`));
const para = fc.constantFrom(...PARAS, 9).map(asParaId);

const descriptorFault: fc.Arbitrary<Partial<CandidateDescriptor>> = fc.oneof(
  fc.record({ paraId: para }),
  fc.record({ relayParent: hash }),
  fc.record({ persistedValidationDataHash: hash }),
  fc.record({ povHash: hash }),
  fc.record({ paraHead: hash }),
  fc.record({ validationCodeHash: hash as never }),
  fc.record({
    signature: bytes.map((given) => Uint8Array.from({ length: 64 }, (_, i) => given[i] ?? 0)),
  }),
) as never;

const commitmentsFault: fc.Arbitrary<Partial<CandidateCommitments>> = fc.oneof(
  fc.record({ headData: bytes }),
  fc.record({ newValidationCode: bytes }),
  fc.record({ upwardMessages: fc.array(bytes, { maxLength: 3 }) }),
  fc.record({ processedDownwardMessages: small }),
  fc.record({ hrmpWatermark: small }),
  fc.record({
    horizontalMessages: fc.array(fc.record({ recipient: para, data: bytes }), { maxLength: 2 }),
  }),
);

type Fault = (parts: Parts) => Parts;

/** Changes one item of a list, found by a number that may be any. */
const changed = <T>(items: readonly T[], at: number, change: (item: T) => T): readonly T[] =>
  items.map((item, i) => (i === at % Math.max(1, items.length) ? change(item) : item));

const candidateFault = (fault: fc.Arbitrary<(backed: BackedCandidate) => BackedCandidate>) =>
  fc.tuple(small, fault).map(
    ([at, change]): Fault =>
      (parts) => ({ ...parts, candidates: changed(parts.candidates, at, change) }),
  );

const bitfieldFault = (
  fault: fc.Arbitrary<
    (bitfield: UncheckedSignedAvailabilityBitfield) => UncheckedSignedAvailabilityBitfield
  >,
) =>
  fc.tuple(small, fault).map(
    ([at, change]): Fault =>
      (parts) => ({ ...parts, bitfields: changed(parts.bitfields, at, change) }),
  );

const bits = fc.tuple(fc.nat(20), fc.array(fc.nat(19), { maxLength: 6 })).map(([length, ones]) =>
  bitsAt(
    length,
    [...new Set(ones.filter((bit) => bit < length))].sort((a, b) => a - b),
  ),
);

const fault: fc.Arbitrary<Fault> = fc.oneof(
  candidateFault(
    descriptorFault.map((change) => ({ candidate, ...rest }) => ({
      ...rest,
      candidate: {
        ...candidate,
        descriptor: { ...candidate.descriptor, ...change } as CandidateDescriptor,
      },
    })),
  ),
  candidateFault(
    commitmentsFault.map((change) => ({ candidate, ...rest }) => ({
      ...rest,
      candidate: { ...candidate, commitments: { ...candidate.commitments, ...change } },
    })),
  ),
  candidateFault(bits.map((validatorIndices) => (backed) => ({ ...backed, validatorIndices }))),
  candidateFault(
    small.map((count) => (backed) => ({
      ...backed,
      validityVotes: backed.validityVotes.slice(count % 3),
    })),
  ),
  candidateFault(
    small.map((at) => (backed) => ({
      ...backed,
      validityVotes: changed(backed.validityVotes, at, (vote) => ({
        type: vote.type === "implicit" ? "explicit" : "implicit",
        value: vote.value,
      })),
    })),
  ),
  bitfieldFault(bits.map((payload) => (bitfield) => ({ ...bitfield, payload }))),
  bitfieldFault(
    small.map((index) => (bitfield) => ({ ...bitfield, validatorIndex: asValidatorIndex(index) })),
  ),
  bitfieldFault(
    small.map((at) => (bitfield) => ({
      ...bitfield,
      signature: bitfield.signature.map((byte, i) => (i === at ? byte ^ 1 : byte)),
    })),
  ),
  fc.tuple(small, small).map(
    ([from, count]): Fault =>
      ({ bitfields, candidates }) => ({
        bitfields: [...bitfields, ...bitfields.slice(from, from + count)],
        candidates: candidates.toReversed(),
      }),
  ),
  fc.nat(1).map(
    (at): Fault =>
      ({ bitfields, candidates }) => ({
        bitfields: bitfields.toSpliced(at, 1),
        candidates: [...candidates, ...candidates.slice(at)],
      }),
  ),
);

test("whatever is wrong with an inherent, importers refuse it typed and authors repair it", () => {
  const met = { taken: 0, refused: 0, kept: 0 };
  fc.assert(
    fc.property(fc.array(fault, { minLength: 1, maxLength: 3 }), (faults) => {
      const { chain, good } = chainWithWork();
      const parts = faults.reduce<Parts>((made, break_) => break_(made), good);
      const root = chain.state.root(1);
      const imported = chain.enter(parts);
      if (imported.ok) {
        met.taken += 1;
        chain.endBlock();
        return;
      }
      met.refused += 1;
      assert.notEqual(imported.error, "unknown");
      assert.equal(chain.state.root(1), root, imported.error);
      const authored = chain.create(parts);
      assert.equal(chain.state.root(1), root);
      if (authored.bitfields.length + authored.backedCandidates.length > 0) met.kept += 1;
      chain.mustEnter({
        bitfields: authored.bitfields,
        candidates: authored.backedCandidates,
        disputes: authored.disputes,
      });
      chain.endBlock().playTo(chain.now + 2);
    }),
    { numRuns: 120, seed: 4 },
  );
  assert.ok(met.taken > 0 && met.refused > 50 && met.kept > 50, JSON.stringify(met));
});

test("the author of a bad block makes a good one next", () => {
  const { chain, good } = chainWithWork();
  const bad = {
    ...good,
    bitfields: [chain.bitfield(0, [0], { session: asSessionIndex(7) }), ...good.bitfields.slice(1)],
  };
  assert.deepEqual(chain.enter(bad), { ok: false, error: "invalidBitfieldSignature" });
  chain.mustEnter({});
  chain.endBlock().beginBlock();
  chain.mustEnter({ bitfields: chain.bitfields(0, 6, [0, 1]) });
  assert.equal(chain.events.filter((name) => name === "paraInclusion.candidateIncluded").length, 2);
});
