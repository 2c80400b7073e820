import assert from "node:assert/strict";
import { test } from "node:test";
import { asValidatorIndex, candidateHash } from "@parahost/primitives";
import { against, inFavour, SESSION } from "../dispute-votes/testing.ts";
import { sampleReceipt } from "../sample-candidate.ts";
import { votesOnChain } from "./on-chain-votes.ts";

const receipt = sampleReceipt();
const hash = candidateHash(receipt);

test("attestations become backing votes at the candidate's relay parent, as they were signed", () => {
  const seconded = inFavour(0, receipt, {
    type: "backingSeconded",
    value: receipt.descriptor.relayParent,
  });
  const valid = inFavour(1, receipt);
  const scraped = votesOnChain({
    session: SESSION,
    backingValidatorsPerCandidate: [
      {
        receipt,
        votes: [
          {
            validatorIndex: asValidatorIndex(0),
            attestation: { type: "implicit", value: seconded.signature },
          },
          {
            validatorIndex: asValidatorIndex(1),
            attestation: { type: "explicit", value: valid.signature },
          },
        ],
      },
    ],
    disputes: [],
  });
  assert.deepEqual(scraped, [
    { session: SESSION, candidateHash: hash, candidateReceipt: receipt, votes: [seconded, valid] },
  ]);
});

test("sets of dispute statements come after the backing votes, without a receipt", () => {
  const statements = [inFavour(0, receipt), against(1, receipt)];
  const [first, second] = votesOnChain({
    session: SESSION,
    backingValidatorsPerCandidate: [{ receipt, votes: [] }],
    disputes: [{ candidateHash: hash, session: SESSION, statements }],
  });
  assert.equal(first?.candidateReceipt, receipt);
  assert.deepEqual(second, {
    session: SESSION,
    candidateHash: hash,
    candidateReceipt: undefined,
    votes: statements,
  });
});
