import assert from "node:assert/strict";
import { test } from "node:test";
import { type AccountId, asAccountId } from "@parahost/primitives";
import fc from "fast-check";
import { sequentialPhragmen, type Voter, type Winner } from "./phragmen.ts";

const account = (n: number): AccountId => asAccountId(`0x${n.toString(16).padStart(64, "0")}`);
const votes = (who: number, stake: bigint, ...targets: number[]): Voter => ({
  who: account(who),
  stake,
  targets: targets.map(account),
});
const names = (winners: readonly Winner[]) => winners.map(({ who }) => Number(who));
const supportOf = (winners: readonly Winner[]) =>
  Object.fromEntries(
    winners.map(({ who, backers }) => [Number(who), backers.reduce((sum, b) => sum + b.value, 0n)]),
  );

test("the published example: 30 is elected first, then 20, and the common voter is divided", () => {
  // Substrate's own: 10 votes for 10 and 20 with stake 10, 20 for 20 and 30 with 20, 30 with 30 for both.
  const voters = [votes(10, 10n, 1, 2), votes(20, 20n, 1, 3), votes(30, 30n, 2, 3)];
  const winners = sequentialPhragmen(2, [1, 2, 3].map(account), voters);
  assert.deepEqual(names(winners), [3, 2]);
  assert.deepEqual(supportOf(winners), { 3: 35n, 2: 25n });
});

test("voters who back one candidate give it all their stake", () => {
  const voters = [votes(10, 7n, 1), votes(11, 5n, 1), votes(12, 9n, 2)];
  const winners = sequentialPhragmen(2, [1, 2].map(account), voters);
  assert.deepEqual(supportOf(winners), { 1: 12n, 2: 9n });
});

test("no more winners than seats, and no more than candidates with stake behind them", () => {
  const voters = [votes(10, 7n, 1), votes(11, 5n, 2), votes(12, 0n, 3)];
  assert.equal(sequentialPhragmen(1, [1, 2, 3].map(account), voters).length, 1);
  assert.deepEqual(names(sequentialPhragmen(9, [1, 2, 3].map(account), voters)), [1, 2]);
  assert.deepEqual(sequentialPhragmen(0, [account(1)], voters), []);
});

test("of equals the first one listed is elected", () => {
  const voters = [votes(10, 5n, 1), votes(11, 5n, 2), votes(12, 5n, 3)];
  assert.deepEqual(names(sequentialPhragmen(2, [3, 1, 2].map(account), voters)), [3, 1]);
});

test("a vote for somebody who does not stand goes to the others", () => {
  const winners = sequentialPhragmen(2, [account(1)], [votes(10, 8n, 9, 1)]);
  assert.deepEqual(supportOf(winners), { 1: 8n });
});

test("a large minority gets its share of the seats", () => {
  const voters = [
    ...Array.from({ length: 6 }, (_, i) => votes(100 + i, 100n, 1, 2, 3)),
    ...Array.from({ length: 3 }, (_, i) => votes(200 + i, 100n, 4, 5, 6)),
  ];
  const winners = names(sequentialPhragmen(3, [1, 2, 3, 4, 5, 6].map(account), voters));
  assert.equal(winners.filter((n) => n <= 3).length, 2);
  assert.equal(winners.filter((n) => n >= 4).length, 1);
});

/** A fraction of integers; nothing is rounded. */
type Fraction = readonly [numerator: bigint, denominator: bigint];
const gcd = (a: bigint, b: bigint): bigint => (b === 0n ? a : gcd(b, a % b));
const reduced = ([n, d]: Fraction): Fraction => {
  const common = gcd(n, d);
  return [n / common, d / common];
};
const add = ([a, b]: Fraction, [c, d]: Fraction): Fraction => reduced([a * d + c * b, b * d]);

const election = fc
  .record({ candidates: fc.integer({ min: 1, max: 6 }), seats: fc.integer({ min: 1, max: 6 }) })
  .chain(({ candidates, seats }) =>
    fc.record({
      seats: fc.constant(seats),
      candidates: fc.constant(Array.from({ length: candidates }, (_, i) => i)),
      voters: fc.array(
        fc.record({
          stake: fc.bigInt(1n, 1_000_000n),
          targets: fc.uniqueArray(fc.nat(candidates - 1), { minLength: 1, maxLength: 6 }),
        }),
        { maxLength: 8 },
      ),
    }),
  );

test("every winner is one that exact arithmetic would elect, and no stake is lost", () => {
  fc.assert(
    fc.property(election, ({ seats, candidates, voters }) => {
      const ballots = voters.map(({ stake, targets }, i) => votes(100 + i, stake, ...targets));
      const winners = sequentialPhragmen(seats, candidates.map(account), ballots);
      assertExact(winners, seats, candidates, voters);
      for (const [i, { stake, targets }] of voters.entries()) {
        const given = winners
          .flatMap(({ backers }) => backers)
          .filter(({ who }) => who === account(100 + i))
          .reduce((sum, { value }) => sum + value, 0n);
        const counts = targets.some((t) => winners.some(({ who }) => who === account(t)));
        assert.equal(given, counts ? stake : 0n);
      }
    }),
    { numRuns: 300, seed: 11 },
  );
});

/** Plays the rounds by the definition, from scratch in each, with fractions. */
function assertExact(
  winners: readonly Winner[],
  seats: number,
  candidates: readonly number[],
  voters: readonly { readonly stake: bigint; readonly targets: readonly number[] }[],
): void {
  const loads: Fraction[] = voters.map(() => [0n, 1n]);
  const elected: number[] = [];
  const scoreOf = (candidate: number): Fraction | undefined => {
    let approval = 0n;
    let burden: Fraction = [1n, 1n];
    voters.forEach(({ stake, targets }, i) => {
      if (!targets.includes(candidate)) return;
      approval += stake;
      const [n, d] = loads[i] as Fraction;
      burden = add(burden, [stake * n, d]);
    });
    return approval === 0n ? undefined : reduced([burden[0], burden[1] * approval]);
  };
  for (const { who } of winners) {
    const winner = Number(who);
    assert.ok(candidates.includes(winner) && !elected.includes(winner));
    const score = scoreOf(winner);
    assert.ok(score !== undefined, "a winner has stake behind it");
    for (const other of candidates) {
      const rival = elected.includes(other) ? undefined : scoreOf(other);
      if (rival === undefined) continue;
      // Equal but for the rounding of fixed-point numbers.
      const ours = score[0] * rival[1] * ((1n << 64n) - 1n);
      assert.ok(ours <= (rival[0] * score[1]) << 64n, `${winner} was elected before ${other}`);
    }
    voters.forEach(({ targets }, i) => {
      if (targets.includes(winner)) loads[i] = score;
    });
    elected.push(winner);
  }
  const electable = candidates.filter((c) => voters.some(({ targets }) => targets.includes(c)));
  assert.equal(winners.length, Math.min(seats, electable.length));
}

test("the work of a large election is bounded", () => {
  const candidates = Array.from({ length: 300 }, (_, i) => i);
  const voters = Array.from({ length: 2_000 }, (_, i) => {
    const targets = Array.from({ length: 16 }, (_, k) => (i * 7 + k * 19) % 300);
    return votes(1_000 + i, BigInt(1_000_000_000 + i * 977), ...new Set(targets));
  });
  const winners = sequentialPhragmen(100, candidates.map(account), voters);
  assert.equal(winners.length, 100);
  const total = winners.flatMap(({ backers }) => backers).reduce((sum, b) => sum + b.value, 0n);
  assert.ok(total <= voters.reduce((sum, { stake }) => sum + stake, 0n));
});
