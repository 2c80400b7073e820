/**
 * The scheduler against a slow and plain model, over random sessions, claims, timeouts and configurations.
 * After every step the two agree in everything; and in the model's own terms no claim is lost or doubled, no
 * core serves two, and whoever waits is served in turn.
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import { asParaId, type CoreIndex, type ParaId, ZERO_HASH } from "@parahost/primitives";
import fc from "fast-check";
import { beginBlock } from "../../pallets/system/block.ts";
import type { ParaState } from "../paras/lifecycle.ts";
import { storage as parasStorage } from "../paras/storage.ts";
import { storage as sharedStorage } from "../shared/shared.ts";
import { collatorOf, pairOf, Scenario } from "../testing/scenario.ts";
import {
  addParathreadClaim,
  availabilityTimeoutPredicate,
  claimQueue,
  type FreedReason,
  finalize,
  groupAssignedToCore,
  initialize,
  nextUpOnAvailable,
  nextUpOnTimeOut,
  occupied,
  onNewSession,
  schedule,
  scheduled,
  storage,
} from "./scheduler.ts";

const PARAS = Array.from({ length: 9 }, (_, i) => 2000 + i);
const COLLATOR = collatorOf(pairOf("collator"));
const VALIDATORS = 5;

// The model

interface Claim {
  readonly para: number;
  readonly isOrder: boolean;
  retries: number;
  /** Position among the shared cores. */
  offset: number;
  /** Claims before it for the same core when it was queued. */
  ahead: number;
}

type OnCore =
  | { readonly kind: "parachain"; readonly para: number; readonly since: number }
  | { readonly kind: "parathread"; readonly claim: Claim; readonly since: number };

interface Settings {
  readonly cores: number;
  readonly retries: number;
  readonly lookahead: number;
  readonly rotation: number;
  readonly chainPeriod: number;
  readonly threadPeriod: number;
}

class Model {
  settings: Settings;
  chains: number[] = [];
  threads: number[] = [];
  waiting: Claim[] = [];
  nextOffset = 0;
  occupied: (OnCore | undefined)[] = [];
  assigned: (number | Claim | undefined)[] = [];
  start = 1;
  /** Claims that left with their block made, with their tries used up, or with a session. */
  ended = 0;
  begun = 0;

  constructor(settings: Settings) {
    this.settings = settings;
  }

  all(): Claim[] {
    return [
      ...this.waiting,
      ...this.assigned.filter((item) => typeof item === "object"),
      ...this.occupied.flatMap((item) => (item?.kind === "parathread" ? [item.claim] : [])),
    ];
  }

  push(claim: Claim): void {
    claim.offset = this.nextOffset;
    claim.ahead = this.waiting.filter(({ offset }) => offset === claim.offset).length;
    this.waiting.push(claim);
    this.nextOffset = (this.nextOffset + 1) % this.settings.cores;
  }

  claim(para: number, isOrder: boolean): boolean {
    const isFull = this.waiting.length >= this.settings.lookahead * this.settings.cores;
    const isKnown = this.all().some((claim) => claim.para === para);
    if (!this.threads.includes(para) || isFull || isKnown) return false;
    this.push({ para, isOrder, retries: 0, offset: 0, ahead: 0 });
    this.begun += 1;
    return true;
  }

  free(core: number, reason: FreedReason): void {
    const before = this.occupied[core];
    this.occupied[core] = undefined;
    if (before?.kind !== "parathread") return;
    if (reason === "concluded") this.ended += 1;
    else this.push(before.claim);
  }

  fill(): void {
    for (let core = 0; core < this.occupied.length; core++) {
      if (this.occupied[core] !== undefined || this.assigned[core] !== undefined) continue;
      const chain = this.chains[core];
      if (chain !== undefined) {
        this.assigned[core] = chain;
        continue;
      }
      const offset = core - this.chains.length;
      const next = this.waiting.find((claim) => claim.offset === offset);
      if (next === undefined) continue;
      assert.equal(next.ahead, 0, "served before those that came earlier");
      this.waiting = this.waiting.filter((claim) => claim !== next);
      for (const claim of this.waiting) if (claim.offset === offset) claim.ahead -= 1;
      this.assigned[core] = next;
    }
  }

  occupy(core: number, now: number): void {
    const assigned = this.assigned[core];
    assert.ok(assigned !== undefined && this.occupied[core] === undefined);
    this.occupied[core] =
      typeof assigned === "number"
        ? { kind: "parachain", para: assigned, since: now }
        : { kind: "parathread", claim: assigned, since: now };
    this.assigned[core] = undefined;
  }

  finish(): void {
    for (const assigned of this.assigned) {
      if (typeof assigned !== "object") continue;
      assigned.retries += 1;
      if (assigned.retries <= this.settings.retries) this.push(assigned);
      else this.ended += 1;
    }
    this.assigned = this.assigned.map(() => undefined);
  }

  /** Blocks since the groups last rotated. */
  sinceRotation(now: number): number {
    return this.settings.rotation === 0 ? 0 : (now - this.start) % this.settings.rotation;
  }

  timesOut(core: number, now: number): boolean {
    const { rotation, chainPeriod, threadPeriod } = this.settings;
    const on = this.occupied[core];
    const since = this.sinceRotation(now);
    if (on === undefined || since >= Math.max(chainPeriod, threadPeriod)) return false;
    const period = on.kind === "parachain" ? chainPeriod : threadPeriod;
    return (rotation === 0 || since < period) && now - on.since >= period;
  }

  groupOf(core: number, now: number): number {
    const { rotation } = this.settings;
    const count = this.occupied.length;
    const rotations = rotation === 0 ? 0 : Math.floor((now - this.start) / rotation);
    return (core + rotations * (count - 1)) % count;
  }

  /** Returns the claims that were lost though they had tries left. */
  newSession(settings: Settings, chains: number[], threads: number[], start: number): number[] {
    const returned = this.occupied.flatMap((on) => (on?.kind === "parathread" ? [on.claim] : []));
    const all = [...this.waiting, ...returned];
    Object.assign(this, { settings, chains, threads, start, waiting: [], nextOffset: 0 });
    const lost: number[] = [];
    for (const claim of all) {
      const hasTries = claim.retries <= settings.retries;
      if (hasTries && settings.cores > 0 && threads.includes(claim.para)) this.push(claim);
      else {
        this.ended += 1;
        if (hasTries) lost.push(claim.para);
      }
    }
    this.occupied = Array.from({ length: chains.length + settings.cores }, () => undefined);
    this.assigned = this.occupied.map(() => undefined);
    return lost;
  }
}

// Plans

const settings: fc.Arbitrary<Settings> = fc.record({
  cores: fc.nat(3),
  retries: fc.nat(2),
  lookahead: fc.integer({ min: 1, max: 3 }),
  rotation: fc.nat(9),
  chainPeriod: fc.integer({ min: 1, max: 4 }),
  threadPeriod: fc.integer({ min: 1, max: 4 }),
});

/** Bits that say yes or no, core by core or para by para. */
const choices = fc.nat(2 ** 16 - 1);
const chosen = (bits: number, index: number): boolean => ((bits >> index) & 1) === 1;

const step = fc.record({
  /** Data is slow to arrive, or there would be no timeouts. */
  available: fc.tuple(choices, choices).map(([a, b]) => a & b),
  backed: choices,
  claims: choices,
  orders: choices,
  session: fc.oneof(
    { weight: 12, arbitrary: fc.constant(undefined) },
    { weight: 1, arbitrary: fc.record({ settings, chains: choices, gone: choices }) },
  ),
});

const walk = fc.record({ first: settings, steps: fc.array(step, { maxLength: 60, size: "max" }) });

// The comparison

class Pair {
  readonly chain = new Scenario({ validators: VALIDATORS, parathreads: PARAS });
  readonly state = this.chain.state;
  readonly model: Model;

  constructor(first: Settings) {
    this.model = new Model(first);
    this.session(first, 0, 0, 1);
  }

  /** Begins a session with these parachains, without these paras; returns how many claims it lost. */
  session(next: Settings, chainBits: number, goneBits: number, start: number): number {
    const { state } = this;
    const present = PARAS.filter((_, i) => !chosen(goneBits & (goneBits >> 1), i));
    const chains = present.filter((_, i) => chosen(chainBits & (chainBits >> 1), i));
    const threads = present.filter((para) => !chains.includes(para));
    for (const para of PARAS) {
      const life: ParaState | undefined = chains.includes(para)
        ? "parachain"
        : threads.includes(para)
          ? "parathread"
          : undefined;
      const id = asParaId(para);
      if (life === undefined) parasStorage.paraLifecycles.remove(state, id);
      else parasStorage.paraLifecycles.set(state, id, { type: life });
    }
    parasStorage.parachains.set(state, chains.map(asParaId));
    const previous = this.chain.configuration;
    const configuration = {
      ...previous,
      parathreadCores: next.cores,
      parathreadRetries: next.retries,
      threadAvailabilityPeriod: next.threadPeriod,
      schedulerParams: {
        ...previous.schedulerParams,
        lookahead: next.lookahead,
        groupRotationFrequency: next.rotation,
        parasAvailabilityPeriod: next.chainPeriod,
      },
    };
    this.chain.setActiveConfiguration(configuration);
    const lost = onNewSession(state, {
      session: sharedStorage.currentSessionIndex.get(state),
      validators: sharedStorage.activeValidatorKeys.get(state),
      authorities: [],
      queued: [],
      previousConfiguration: previous,
      configuration,
      randomSeed: new Uint8Array(32),
      startBlock: start,
    });
    assert.deepEqual(
      lost.map(({ paraId }) => paraId),
      this.model.newSession(next, chains, threads, start),
    );
    return lost.length;
  }

  /** Both hold the same, and what they hold makes sense. */
  compare(now: number): void {
    const { state, model } = this;
    const { queue, nextCoreOffset } = storage.parathreadQueue.get(state);
    assert.deepEqual(
      queue.map(({ entry, coreOffset }) => [
        entry.claim.paraId,
        entry.claim.collator === undefined,
        entry.retries,
        coreOffset,
      ]),
      model.waiting.map(({ para, isOrder, retries, offset }) => [para, isOrder, retries, offset]),
    );
    assert.equal(nextCoreOffset, model.nextOffset);
    assert.deepEqual(
      storage.availabilityCores
        .get(state)
        .map((on) =>
          on?.type === "parathread" ? [on.value.claim.paraId, on.value.retries] : on?.type,
        ),
      model.occupied.map((on) =>
        on?.kind === "parathread" ? [on.claim.para, on.claim.retries] : on?.kind,
      ),
    );
    assert.deepEqual(
      scheduled(state).map(({ core, paraId, kind, groupIdx }) => [
        core,
        paraId,
        kind.type === "parathread" ? kind.value.retries : undefined,
        groupIdx,
      ]),
      model.assigned.flatMap((assigned, core) => {
        if (assigned === undefined) return [];
        const [para, retries] =
          typeof assigned === "number" ? [assigned] : [assigned.para, assigned.retries];
        return [[core, para, retries, model.groupOf(core, now)]];
      }),
    );
    const paras = model.all().map(({ para }) => para);
    assert.equal(new Set(paras).size, paras.length, "a para has two claims");
    assert.equal(model.begun - model.ended, paras.length, "a claim is lost");
    assert.deepEqual(
      storage.parathreadClaimIndex.get(state),
      paras.sort((a, b) => a - b),
    );
    for (const [core, on] of model.occupied.entries())
      assert.ok(on === undefined || model.assigned[core] === undefined, "a core serves two");
  }

  /** What is told about the future of each core. */
  compareOutlook(now: number): void {
    const { state, model } = this;
    const view = claimQueue(state);
    for (const core of model.occupied.keys()) {
      const index = core as CoreIndex;
      const on = model.occupied[core];
      const chain = model.chains[core];
      const offset = core - model.chains.length;
      const next = model.waiting.find((claim) => claim.offset === offset)?.para;
      assert.equal(nextUpOnAvailable(state, index)?.paraId, chain ?? next);
      const again = on?.kind === "parathread" ? on.claim.para : undefined;
      assert.equal(nextUpOnTimeOut(state, index)?.paraId, chain ?? next ?? again);
      assert.equal(groupAssignedToCore(state, index, now), model.groupOf(core, now));
      const assigned = model.assigned[core];
      const expected: number[] =
        chain === undefined
          ? [
              ...(typeof assigned === "object" ? [assigned.para] : []),
              ...model.waiting.filter((claim) => claim.offset === offset).map(({ para }) => para),
            ]
          : Array.from({ length: model.settings.lookahead }, () => chain);
      assert.deepEqual(
        view.get(index),
        expected.slice(0, model.settings.lookahead) as unknown as ParaId[],
      );
    }
  }
}

test("the scheduler does what a plain model does, whatever happens", () => {
  /** What the walks have met, lest they prove nothing. */
  const met = { claims: 0, concluded: 0, timedOut: 0, exhausted: 0, lost: 0, sessions: 0 };
  fc.assert(
    fc.property(walk, ({ first, steps }) => {
      const pair = new Pair(first);
      const { state, model } = pair;
      for (const [i, { available, backed, claims, orders, session }] of steps.entries()) {
        const now = i + 1;
        beginBlock(state, now, ZERO_HASH, []);
        initialize(state);
        model.fill();
        pair.compare(now);
        pair.compareOutlook(now);

        const predicate = availabilityTimeoutPredicate(state);
        const freed = new Map<CoreIndex, FreedReason>();
        for (const [core, on] of model.occupied.entries()) {
          if (on === undefined) continue;
          const timesOut = predicate?.(core as CoreIndex, on.since) ?? false;
          assert.equal(timesOut, model.timesOut(core, now), `core ${core} at block ${now}`);
          if (chosen(available, core)) freed.set(core as CoreIndex, "concluded");
          else if (timesOut) freed.set(core as CoreIndex, "timedOut");
        }
        schedule(state, freed);
        for (const [core, reason] of freed) {
          if (model.occupied[core]?.kind === "parathread") met[reason] += 1;
          model.free(core, reason);
        }
        model.fill();
        pair.compare(now);

        const now_occupied = [...model.assigned.keys()].filter(
          (core) => model.assigned[core] !== undefined && chosen(backed | claims, core),
        );
        occupied(state, now_occupied as CoreIndex[]);
        for (const core of now_occupied) model.occupy(core, now);
        pair.compare(now);

        for (const [index, para] of PARAS.entries()) {
          if (!chosen(claims & orders, index) && !chosen(claims, index + 4)) continue;
          const isOrder = chosen(orders, index);
          const claim = {
            paraId: asParaId(para),
            collator: isOrder ? undefined : COLLATOR,
          };
          assert.equal(addParathreadClaim(state, claim), model.claim(para, isOrder));
        }
        const before = model.ended;
        finalize(state);
        model.finish();
        met.exhausted += model.ended - before;
        pair.compare(now);
        if (session === undefined) continue;
        met.sessions += 1;
        met.lost += pair.session(session.settings, session.chains, session.gone, now + 1);
        pair.compare(now + 1);
      }
      met.claims += model.begun;
    }),
    { numRuns: 150, seed: 1 },
  );
  for (const [what, count] of Object.entries(met)) assert.ok(count > 100, `${count} ${what}`);
});

test("a claim waits for no more turns of its core than there are claims before it", () => {
  const rounds = fc.record({
    cores: fc.integer({ min: 1, max: 3 }),
    lookahead: fc.integer({ min: 1, max: 3 }),
    order: fc.shuffledSubarray(PARAS),
  });
  fc.assert(
    fc.property(rounds, ({ cores, lookahead, order }) => {
      const pair = new Pair({
        cores,
        retries: 0,
        lookahead,
        rotation: 0,
        chainPeriod: 1,
        threadPeriod: 1,
      });
      const { state, model } = pair;
      beginBlock(state, 1, ZERO_HASH, []);
      const taken = order.filter((para) => {
        const isTaken = addParathreadClaim(state, { paraId: asParaId(para), collator: undefined });
        assert.equal(isTaken, model.claim(para, true));
        return isTaken;
      });
      assert.equal(taken.length, Math.min(order.length, cores * lookahead));
      const servedAt = new Map<number, number>();
      for (let now = 2; now < 2 + lookahead; now++) {
        beginBlock(state, now, ZERO_HASH, []);
        initialize(state);
        for (const { paraId } of scheduled(state)) servedAt.set(paraId, now - 2);
        finalize(state);
      }
      assert.deepEqual(
        taken.map((para) => servedAt.get(para)),
        taken.map((_, position) => Math.floor(position / cores)),
      );
    }),
    { numRuns: 60, seed: 3 },
  );
});
