/**
 * Paras' answers about code against a model that keeps all of history: upgrades by candidates and by
 * governance, code that is forced, paras that skip their upgrade, pruning, and all three cases of
 * `validation_code_at`.
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import { asParaId } from "@parahost/primitives";
import fc from "fast-check";
import { ROOT } from "../../framework/index.ts";
import { codeOf, genesisHeadOf, Scenario } from "../testing/scenario.ts";
import {
  canUpgradeValidationCode,
  noteNewHead,
  paras,
  pendingUpgrade,
  scheduleCodeUpgrade,
  scheduleParaCleanup,
  validationCodeAt,
} from "./paras.ts";
import { storage } from "./storage.ts";

const para = asParaId(1000);
const RETENTION = 25;
const MINIMUM_DELAY = 5;

interface Replacement {
  readonly expectedAt: number;
  readonly activatedAt: number;
  readonly code: Uint8Array;
}

/** Everything that was ever replaced, in that order, and nothing forgotten. */
class History {
  readonly replaced: Replacement[] = [];
  current = codeOf(1000);
  pending: { readonly expectedAt: number; readonly code: Uint8Array } | undefined;
  /** Of governance: comes into force by itself. */
  timed: { readonly at: number; readonly code: Uint8Array } | undefined;

  replace(code: Uint8Array, expectedAt: number, now: number): void {
    this.replaced.push({ expectedAt, activatedAt: now, code: this.current });
    this.current = code;
  }

  codeAt(at: number, now: number, intermediate?: number): Uint8Array | undefined {
    if (intermediate !== undefined) {
      if (intermediate >= at) return undefined;
      if (this.pending !== undefined && this.pending.expectedAt <= intermediate)
        return this.pending.code;
    }
    const replacement = this.replaced.find(({ expectedAt }) => expectedAt >= at);
    if (replacement === undefined) return this.current;
    return now > replacement.activatedAt + RETENTION ? undefined : replacement.code;
  }
}

const block = fc.record({
  /** What happens to the code in this block. */
  change: fc.oneof(
    { weight: 6, arbitrary: fc.constant("nothing" as const) },
    { weight: 3, arbitrary: fc.constant("upgrade" as const) },
    { weight: 1, arbitrary: fc.constant("governance" as const) },
    { weight: 1, arbitrary: fc.constant("force" as const) },
  ),
  /** A candidate is included whose relay parent lies so many blocks back. */
  includedWithLag: fc.option(fc.nat(3), { nil: undefined, freq: 2 }),
});

const life = fc.record({
  upgradeDelay: fc.integer({ min: 2, max: 8 }),
  blocks: fc.array(block, { minLength: 30, maxLength: 70 }),
});

function follow({ upgradeDelay, blocks }: typeof life extends fc.Arbitrary<infer L> ? L : never) {
  const chain = new Scenario({
    validators: 1,
    paras: [1000],
    configuration: {
      validationUpgradeDelay: upgradeDelay,
      minimumValidationUpgradeDelay: MINIMUM_DELAY,
      validationUpgradeCooldown: 3,
      codeRetentionPeriod: RETENTION,
    },
  });
  const { state } = chain;
  const history = new History();
  let version = 0;
  for (const [i, { change, includedWithLag }] of blocks.entries()) {
    const now = i + 1;
    chain.beginBlock();
    if (history.timed !== undefined && history.timed.at <= now) {
      history.replace(history.timed.code, history.timed.at, now);
      history.timed = undefined;
    }
    const isUnderWay = history.pending !== undefined || history.timed !== undefined;
    if (change === "force") {
      version += 1;
      const newCode = codeOf(1000, version);
      paras.calls.forceSetCurrentCode.dispatch(state, ROOT, { para, newCode });
      history.replace(newCode, now, now);
    } else if (change !== "nothing" && !isUnderWay && canUpgradeValidationCode(state, para)) {
      version += 1;
      const code = codeOf(1000, version);
      const expectedAt = now + Math.max(upgradeDelay, MINIMUM_DELAY);
      paras.calls.addTrustedValidationCode.dispatch(state, ROOT, { validationCode: code });
      const isTimed = change === "governance";
      scheduleCodeUpgrade(state, para, code, now, {
        type: isTimed ? "applyAtExpectedBlock" : "setGoAheadSignal",
      });
      if (isTimed) history.timed = { at: expectedAt, code };
      else history.pending = { expectedAt, code };
    }
    if (includedWithLag !== undefined) {
      const context = Math.max(0, now - 1 - includedWithLag);
      const { pending } = history;
      if (pending !== undefined && pending.expectedAt <= context) {
        history.replace(pending.code, pending.expectedAt, now);
        history.pending = undefined;
      }
      noteNewHead(state, para, genesisHeadOf(now), context);
    }
    assert.equal(pendingUpgrade(state, para)?.expectedAt, history.pending?.expectedAt);
    for (let at = 0; at <= now + 12; at++)
      for (const intermediate of [undefined, at, at - 1, at - 4])
        if (intermediate === undefined || intermediate >= 0)
          assert.deepEqual(
            validationCodeAt(state, para, at, intermediate),
            history.codeAt(at, now, intermediate),
            `block ${now}, context ${at}, assumed ${intermediate}`,
          );
    chain.mustEnter({});
    chain.endBlock();
  }
  return chain;
}

test("the code of any context is that of history, as long as it is kept", () => {
  fc.assert(
    fc.property(life, (plan) => {
      follow(plan);
    }),
    { numRuns: 40, seed: 1 },
  );
});

test("a para that is gone for the retention period leaves no code behind", () => {
  fc.assert(
    fc.property(life, (plan) => {
      const chain = follow(plan);
      const { state } = chain;
      chain.beginBlock();
      assert.ok(scheduleParaCleanup(state, para).ok);
      chain.announceSession().mustEnter({});
      chain.endBlock().playTo(chain.now + RETENTION + 2);
      assert.deepEqual(storage.codeByHashRefs.keys(state), []);
      assert.deepEqual(storage.pastCodeHash.keys(state), []);
      assert.deepEqual(storage.pastCodeMeta.keys(state), []);
      assert.deepEqual(storage.pastCodePruning.get(state), []);
    }),
    { numRuns: 15, seed: 2 },
  );
});
