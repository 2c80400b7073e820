import assert from "node:assert/strict";
import test from "node:test";
import { DirectVerifier } from "@parahost/crypto";
import {
  asHash,
  GrandpaJustification,
  type Hash,
  type Header,
  headerHash,
} from "@parahost/primitives";
import { encode } from "@parahost/scale";
import { GENESIS } from "../testing/authored.ts";
import { headerNamed, refOf } from "../testing/headers.ts";
import { grandpaAuthorities, voteOf } from "../testing/voters.ts";
import { genesisAuthoritySet } from "./authority-set.ts";
import {
  type WarpChain,
  type WarpFragment,
  type WarpProof,
  WarpSync,
  warpProof,
} from "./warp-proof.ts";

const verifier = new DirectVerifier();
/** Who votes in which set. */
const SETS = [
  ["Alice"],
  ["Alice", "Bob", "Charlie", "Dave"],
  ["Bob"],
  ["Charlie", "Dave"],
] as const;
/** Blocks 3, 6 and 9 end sets 0, 1 and 2; 11 is the last final one. */
const LAST_OF_SET = [3, 6, 9];
const FINALIZED = 11;

const authoritiesOf = (setId: number) => grandpaAuthorities(...(SETS[setId] ?? []));
const headers: Header[] = [GENESIS];
for (let number = 1; number <= 12; number++) {
  const ended = LAST_OF_SET.indexOf(number);
  const logs =
    ended === -1
      ? []
      : [
          {
            type: "scheduledChange",
            value: { nextAuthorities: authoritiesOf(ended + 1), delay: 0 },
          } as const,
        ];
  headers.push(headerNamed(headers[number - 1] as Header, `w${number}`, logs));
}
const at = (number: number): Header => headers[number] as Header;

function justify(number: number, setId: number, voters: readonly string[] = SETS[setId] ?? []) {
  const target = refOf(at(number));
  return {
    round: 1,
    commit: {
      targetHash: target.hash,
      targetNumber: target.number,
      precommits: voters.map((name) => voteOf(name, "precommit", target, { setId, round: 1 })),
    },
    votesAncestries: [],
  };
}

const fragment = (number: number, setId: number): WarpFragment => ({
  header: at(number),
  justification: justify(number, setId),
});
const whole: WarpProof = {
  fragments: [fragment(3, 0), fragment(6, 1), fragment(9, 2), fragment(11, 3)],
  isFinished: true,
};

const numbers = new Map<Hash, number>(headers.map((header) => [headerHash(header), header.number]));
const justifications = new Map<Hash, Uint8Array>(
  whole.fragments.map(({ header, justification }) => [
    headerHash(header),
    encode(GrandpaJustification, justification),
  ]),
);
const chain: WarpChain = {
  finalized: () => refOf(at(FINALIZED)),
  block: (hash) => (numbers.has(hash) ? { hash, number: numbers.get(hash) as number } : undefined),
  header: (hash) => headers[numbers.get(hash) ?? -1],
  hashByNumber: (number) => (headers[number] === undefined ? undefined : headerHash(at(number))),
  justification: (hash) => justifications.get(hash),
  authoritySet: () => ({
    ...genesisAuthoritySet(authoritiesOf(3)),
    setId: 3,
    history: LAST_OF_SET.map((lastBlock, setId) => ({ setId, lastBlock })),
  }),
};

const fromGenesis = (): WarpSync =>
  new WarpSync({ ...refOf(GENESIS), setId: 0, authorities: authoritiesOf(0) }, verifier);
const refusal = (proof: WarpProof): string => {
  const sync = fromGenesis();
  const taken = sync.take(proof);
  assert.deepEqual(
    [sync.position.number, sync.isFinished],
    taken.ok ? [sync.position.number, sync.isFinished] : [0, false],
  );
  return taken.ok ? "ok" : taken.error.code;
};

test("the blocks that end sets lead from genesis to what is final now", () => {
  const proof = warpProof(chain, refOf(GENESIS).hash, 1e6);
  assert.deepEqual(proof, whole);
  const sync = fromGenesis();
  assert.equal(sync.take(proof as WarpProof).ok, true);
  const { hash, setId, authorities } = sync.position;
  assert.deepEqual([hash, setId, authorities], [refOf(at(11)).hash, 3, authoritiesOf(3)]);
  assert.equal(sync.isFinished, true);
});

test("a long way comes in pieces, each from where the last one ended", () => {
  const sync = fromGenesis();
  for (const [number, setId] of [
    [3, 1],
    [6, 2],
    [9, 3],
  ] as const) {
    const piece = warpProof(chain, sync.position.hash, 1) as WarpProof;
    assert.equal(sync.take(piece).ok, true);
    if (!sync.isFinished)
      assert.deepEqual([sync.position.number, sync.position.setId], [number, setId]);
  }
  assert.equal(sync.take(warpProof(chain, sync.position.hash, 1) as WarpProof).ok, true);
  assert.deepEqual([sync.position.number, sync.isFinished], [11, true]);
});

test("who is where we are is told so, and strangers are told nothing", () => {
  assert.deepEqual(warpProof(chain, refOf(at(11)).hash, 1e6), { fragments: [], isFinished: true });
  assert.equal(warpProof(chain, refOf(at(12)).hash, 1e6), undefined);
  assert.equal(warpProof(chain, asHash(`0x${"77".repeat(32)}`), 1e6), undefined);
  const sync = new WarpSync(
    { ...refOf(at(11)), setId: 3, authorities: authoritiesOf(3) },
    verifier,
  );
  assert.equal(sync.take({ fragments: [], isFinished: true }).ok, true);
  assert.equal(sync.isFinished, true);
});

test("a proof with anything wrong in it is refused whole, and another one is still taken", () => {
  const [first, second, third, last] = whole.fragments as [
    WarpFragment,
    WarpFragment,
    WarpFragment,
    WarpFragment,
  ];
  const finished = (...fragments: WarpFragment[]): WarpProof => ({ fragments, isFinished: true });
  assert.equal(refusal({ fragments: [], isFinished: false }), "noProgress");
  assert.equal(refusal(finished(second, third, last)), "notJustified");
  assert.equal(refusal(finished(first, third, last)), "notJustified");
  assert.equal(refusal(finished(first, second, second, third)), "outOfOrder");
  assert.equal(refusal(finished(first, fragment(5, 1), third)), "noChange");
  assert.equal(refusal(finished(first, { ...second, header: at(7) })), "otherBlock");
  assert.equal(
    refusal(finished(first, { ...second, justification: justify(6, 2, SETS[1]) })),
    "notJustified",
  );
  assert.equal(
    refusal(finished(first, { ...second, justification: justify(6, 1, ["Alice", "Bob"]) })),
    "notJustified",
  );
  assert.equal(refusal({ fragments: [first, fragment(5, 1)], isFinished: false }), "noChange");
  assert.equal(refusal(finished(first, fragment(5, 1))), "ok");
  const sync = fromGenesis();
  assert.equal(sync.take(finished(second)).ok, false);
  assert.equal(sync.take(whole).ok, true);
});
