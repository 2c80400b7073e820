import assert from "node:assert/strict";
import { test } from "node:test";
import type { DisputeDatabase } from "@parahost/node/dispute-coordinator/database";
import { asCandidateHash, asSessionIndex, type CandidateHash } from "@parahost/primitives";
import { isDisputedByLosersAlone, votesOnRecord } from "./dispute-record.ts";

const [LOST, OPEN, UNKNOWN] = [1, 2, 3].map((digit) =>
  asCandidateHash(`0x${String(digit).repeat(64)}`),
) as [CandidateHash, CandidateHash, CandidateHash];

interface Entry {
  readonly candidate: CandidateHash;
  readonly type: "active" | "concludedFor" | "concludedAgainst";
  readonly session?: number;
  readonly valid?: readonly number[];
  readonly invalid: readonly number[];
}

function record(...entries: readonly Entry[]): Pick<DisputeDatabase, "disputes" | "votes"> {
  const sides = (validators: readonly number[]) => new Map(validators.map((one) => [one, {}]));
  return {
    disputes: () =>
      entries.map(({ candidate, type, session = 1 }) => ({
        session: asSessionIndex(session),
        candidateHash: candidate,
        status: { type, value: 0 },
      })),
    votes: ({ candidateHash: hash }: { readonly candidateHash: CandidateHash }) => {
      const entry = entries.find(({ candidate }) => candidate === hash);
      return entry && { valid: sides(entry.valid ?? []), invalid: sides(entry.invalid) };
    },
  } as unknown as Pick<DisputeDatabase, "disputes" | "votes">;
}

const won: Entry = { candidate: LOST, type: "concludedFor", invalid: [5, 6] };

test("who has lost one dispute raises others in vain, also who only joined in", () => {
  const isInVain = (entry: Entry, ...others: readonly Entry[]) =>
    isDisputedByLosersAlone(record(entry, ...others), OPEN);
  assert.ok(isInVain({ candidate: OPEN, type: "active", invalid: [6] }, won));
  assert.ok(!isInVain({ candidate: OPEN, type: "active", invalid: [6, 2] }, won));
  assert.ok(!isInVain({ candidate: OPEN, type: "active", invalid: [6], session: 2 }, won));
  assert.ok(!isInVain({ candidate: OPEN, type: "active", invalid: [6] }));
});

test("where the candidate was invalid, those who vouched for it have lost", () => {
  const lost: Entry = { candidate: LOST, type: "concludedAgainst", valid: [3], invalid: [1, 2] };
  const open: Entry = { candidate: OPEN, type: "active", invalid: [3] };
  assert.ok(isDisputedByLosersAlone(record(lost, open), OPEN));
  assert.ok(!isDisputedByLosersAlone(record(lost, { ...open, invalid: [1] }), OPEN));
  assert.ok(!isDisputedByLosersAlone(record(lost, open), UNKNOWN));
});

test("the votes on record are counted by side, and unknown where there is no dispute", () => {
  const lost: Entry = { candidate: LOST, type: "concludedAgainst", valid: [3], invalid: [1, 2] };
  assert.deepEqual(votesOnRecord(record(lost), LOST), { valid: 1, invalid: 2 });
  assert.equal(votesOnRecord(record(lost), UNKNOWN), undefined);
});
