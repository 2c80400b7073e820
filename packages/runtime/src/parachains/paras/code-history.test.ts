/** Paras' answers about code against a model that keeps all of history. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { asParaId, ChaChaStream } from "@parahost/primitives";
import { ROOT } from "../../framework/index.ts";
import { codeOf, genesisHeadOf, Scenario } from "../testing/scenario.ts";
import {
  noteNewHead,
  paras,
  pendingUpgrade,
  scheduleCodeUpgrade,
  validationCodeAt,
} from "./paras.ts";

const para = asParaId(1000);
const RETENTION = 25;

interface Replacement {
  readonly expectedAt: number;
  readonly activatedAt: number;
  readonly code: Uint8Array;
}

function follow(seed: number): void {
  const chance = new ChaChaStream(new Uint8Array(32).fill(seed));
  const chain = new Scenario({
    validators: 3,
    paras: [1000],
    configuration: {
      validationUpgradeDelay: 2 + chance.below(6),
      minimumValidationUpgradeDelay: 5,
      validationUpgradeCooldown: 3,
      codeRetentionPeriod: RETENTION,
    },
  });
  const { state } = chain;
  const history: Replacement[] = [];
  let current = codeOf(1000);
  let version = 0;
  let future: Uint8Array | undefined;
  for (let now = 1; now <= 120; now++) {
    chain.beginBlock();
    if (pendingUpgrade(state, para) === undefined && chance.below(4) === 0) {
      version += 1;
      future = codeOf(1000, version);
      paras.calls.addTrustedValidationCode.dispatch(state, ROOT, { validationCode: future });
      scheduleCodeUpgrade(state, para, future, now, { type: "setGoAheadSignal" });
    }
    if (chance.below(3) === 0) {
      const context = Math.max(0, now - 1 - chance.below(3));
      const upgrade = pendingUpgrade(state, para);
      if (upgrade !== undefined && upgrade.expectedAt <= context && future !== undefined) {
        history.push({ expectedAt: upgrade.expectedAt, activatedAt: now, code: current });
        current = future;
      }
      noteNewHead(state, para, genesisHeadOf(now), context);
    }
    for (let at = 0; at <= now + 1; at++) {
      const replaced = history.find(({ expectedAt }) => expectedAt >= at);
      const expected = replaced?.code ?? current;
      const isKept = replaced === undefined || now <= replaced.activatedAt + RETENTION;
      const lastPruned = history.findLast(
        ({ activatedAt }) => now > activatedAt + RETENTION,
      )?.expectedAt;
      const isKnown = isKept && (lastPruned === undefined || at > lastPruned);
      assert.deepEqual(
        validationCodeAt(state, para, at),
        isKnown ? expected : undefined,
        `seed ${seed}, block ${now}, context ${at}`,
      );
    }
    chain.mustEnter({});
    chain.endBlock();
  }
  assert.ok(history.length > 0, `seed ${seed} upgrades at least once`);
}

test("the code of any context is that of history, as long as it is kept", () => {
  for (let seed = 1; seed <= 8; seed++) follow(seed);
});
