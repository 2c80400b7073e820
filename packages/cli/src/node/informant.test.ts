import assert from "node:assert/strict";
import { test } from "node:test";
import type { Clock, Logger } from "@parahost/base";
import type { ChainEvent } from "@parahost/consensus";
import { startInformant } from "./informant.ts";

const hash = (digit: string): `0x${string}` => `0x${digit.repeat(64)}`;

/** A node that is told what to be, and what was said of it. */
function informed() {
  const said: string[] = [];
  const logger: Logger = { log: (_, target, message) => void said.push(`${target}: ${message}`) };
  let listener: (event: ChainEvent) => void = () => {};
  let wake = (): void => {};
  let isEnded = false;
  const clock: Clock & { ms: number } = {
    ms: 0,
    now: () => clock.ms,
    setTimer: (delay, next) => {
      wake = () => {
        clock.ms += delay;
        next();
      };
      return {
        cancel: () => {
          isEnded = true;
        },
      };
    },
  };
  const state = { best: { number: 5, hash: hash("a") }, isSyncing: false, target: 5 };
  const node = {
    chain: {
      best: () => state.best,
      finalized: () => ({ number: 3, hash: hash("b") }),
      subscribe: (listen: (event: ChainEvent) => void) => {
        listener = listen;
        return () => {
          listener = () => {};
        };
      },
    },
    peers: () => ["one", "two"],
    get isSyncing() {
      return state.isSyncing;
    },
    highestSeen: () => state.target,
  };
  const end = startInformant(node as never, logger, clock);
  return {
    said,
    state,
    end,
    event: (event: object) => listener(event as ChainEvent),
    fiveSeconds: () => wake(),
    isEnded: () => isEnded,
  };
}

const imported = (origin: string, isBest: boolean) => ({
  type: "imported",
  origin,
  isBest,
  block: { number: 6, hash: hash("c") },
  preDigest: { value: { slot: 77 } },
});

test("imports are told as operators know them, own blocks with their slot, old ones not", () => {
  const { said, event } = informed();
  event(imported("announced", true));
  event(imported("announced", false));
  event(imported("own", true));
  event(imported("sync", true));
  assert.deepEqual(said, [
    "informant: 🏆 Imported #6 (0xcccc…cccc)",
    "informant: 🆕 Imported #6 (0xcccc…cccc)",
    "babe: 🔖 Sealed block for slot 77: #6",
    "informant: 🏆 Imported #6 (0xcccc…cccc)",
  ]);
});

test("a reorganisation is told with both heads and where they part", () => {
  const { said, event } = informed();
  event({
    type: "reorg",
    retracted: [{ number: 6, hash: hash("c") }],
    enacted: [
      { number: 6, hash: hash("d") },
      { number: 7, hash: hash("e") },
    ],
    common: { number: 5, hash: hash("a") },
  });
  assert.deepEqual(said, [
    "informant: ♻️  Reorg on #6,0xcccc…cccc to #7,0xeeee…eeee, common ancestor #5,0xaaaa…aaaa",
  ]);
});

test("every five seconds it says how it goes: idle, or at which speed towards what", () => {
  const { said, state, fiveSeconds, end, isEnded, event } = informed();
  fiveSeconds();
  state.best = { number: 505, hash: hash("d") };
  Object.assign(state, { isSyncing: true, target: 900 });
  fiveSeconds();
  assert.deepEqual(said, [
    "informant: 💤 Idle (2 peers), best: #5 (0xaaaa…aaaa), finalized #3 (0xbbbb…bbbb)",
    "informant: ⚙️  Syncing 100.0 bps, target=#900 (2 peers), best: #505 (0xdddd…dddd), finalized #3 (0xbbbb…bbbb)",
  ]);
  end();
  event(imported("announced", true));
  assert.ok(isEnded());
  assert.equal(said.length, 2);
});
