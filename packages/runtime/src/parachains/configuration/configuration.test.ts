import assert from "node:assert/strict";
import { test } from "node:test";
import { asAccountId, asSessionIndex, type HostConfiguration } from "@parahost/primitives";
import { bitsAt, onesOf } from "@parahost/scale";
import { type DispatchResult, ROOT, type State, signedBy } from "../../framework/index.ts";
import { stateAtBlock } from "../../testing/state.ts";
import { storage as sharedStorage } from "../shared/shared.ts";
import {
  configuration,
  configurationPallet,
  onNewSession,
  storage,
  updateConfiguration,
} from "./configuration.ts";

const { calls } = configurationPallet;

function stateInSession(session: number, delay = 1): State {
  const state = stateAtBlock(1);
  sharedStorage.currentSessionIndex.set(state, asSessionIndex(session));
  sharedStorage.sessionDelay.set(state, delay);
  return state;
}

function enterSession(state: State, session: number) {
  sharedStorage.currentSessionIndex.set(state, asSessionIndex(session));
  return onNewSession(state, asSessionIndex(session));
}

const setNeededApprovals = (state: State, value: number): DispatchResult =>
  calls.setNeededApprovals.dispatch(state, ROOT, { new: value });

const pending = (state: State) =>
  storage.pendingConfigs
    .get(state)
    .map((entry) => [entry.session, entry.configuration.neededApprovals]);

test("a change is pending until the next session, and applied then", () => {
  const state = stateInSession(5);
  const before = configuration(state);
  assert.equal(setNeededApprovals(state, 9).ok, true);
  assert.deepEqual(configuration(state), before);
  assert.deepEqual(pending(state), [[6, 9]]);
  const { previous, current } = enterSession(state, 6);
  assert.equal(previous.neededApprovals, before.neededApprovals);
  assert.equal(current.neededApprovals, 9);
  assert.equal(configuration(state).neededApprovals, 9);
  assert.deepEqual(pending(state), []);
});

test("with a delay of two sessions a change has one full session of notice", () => {
  const state = stateInSession(5, 2);
  setNeededApprovals(state, 9);
  assert.notEqual(enterSession(state, 6).current.neededApprovals, 9);
  assert.equal(enterSession(state, 7).current.neededApprovals, 9);
});

test("changes of one session are applied together", () => {
  const state = stateInSession(5);
  setNeededApprovals(state, 9);
  calls.setNoShowSlots.dispatch(state, ROOT, { new: 7 });
  assert.deepEqual(pending(state), [[6, 9]]);
  const { current } = enterSession(state, 6);
  assert.equal(current.neededApprovals, 9);
  assert.equal(current.noShowSlots, 7);
});

test("a later change starts from the earlier pending one, which stays as it is", () => {
  const state = stateInSession(5, 2);
  setNeededApprovals(state, 8);
  enterSession(state, 6);
  calls.setNoShowSlots.dispatch(state, ROOT, { new: 7 });
  assert.deepEqual(
    storage.pendingConfigs
      .get(state)
      .map(({ session, configuration: c }) => [session, c.neededApprovals, c.noShowSlots]),
    [
      [7, 8, configuration(state).noShowSlots],
      [8, 8, 7],
    ],
  );
  setNeededApprovals(state, 9);
  assert.deepEqual(pending(state), [
    [7, 8],
    [8, 9],
  ]);
});

test("setting what is set, with nothing pending, changes nothing", () => {
  const state = stateInSession(5);
  assert.equal(setNeededApprovals(state, configuration(state).neededApprovals).ok, true);
  assert.deepEqual(pending(state), []);
});

test("a value that makes no sense is refused", () => {
  const state = stateInSession(5);
  const result = calls.setNoShowSlots.dispatch(state, ROOT, { new: 0 });
  assert.equal(result.ok, false);
  assert.deepEqual(pending(state), []);
});

test("with the checks switched off any value is taken", () => {
  const state = stateInSession(5);
  assert.equal(calls.setBypassConsistencyCheck.dispatch(state, ROOT, { new: true }).ok, true);
  assert.equal(calls.setNoShowSlots.dispatch(state, ROOT, { new: 0 }).ok, true);
  assert.equal(enterSession(state, 6).current.noShowSlots, 0);
});

test("a broken configuration can be repaired one value at a time", () => {
  const state = stateInSession(5);
  const broken = { ...configuration(state), noShowSlots: 0, minimumBackingVotes: 0 };
  storage.activeConfig.set(state, broken);
  assert.equal(calls.setNoShowSlots.dispatch(state, ROOT, { new: 3 }).ok, true);
  assert.equal(calls.setMinimumBackingVotes.dispatch(state, ROOT, { new: 2 }).ok, true);
  const { current } = enterSession(state, 6);
  assert.deepEqual([current.noShowSlots, current.minimumBackingVotes], [3, 2]);
});

test("only root may change the configuration", () => {
  const state = stateInSession(5);
  const somebody = signedBy(asAccountId(`0x${"11".repeat(32)}`));
  for (const [name, { dispatch }] of Object.entries(calls)) {
    const result = (
      dispatch as (state: State, origin: typeof somebody, args: object) => DispatchResult
    )(state, somebody, { new: 0, index: 0, value: true });
    assert.deepEqual(result, { ok: false, error: { type: "badOrigin" } }, name);
  }
  assert.deepEqual(pending(state), []);
});

test("a node feature is switched on and off alone, and may lie beyond the present ones", () => {
  const state = stateInSession(5);
  updateConfiguration(state, (base) => ({ ...base, nodeFeatures: bitsAt(2, [0, 1]) }));
  const features = () =>
    storage.pendingConfigs.get(state).at(-1)?.configuration.nodeFeatures ?? bitsAt(0, []);
  calls.setNodeFeature.dispatch(state, ROOT, { index: 4, value: true });
  assert.deepEqual([features().length, onesOf(features())], [5, [0, 1, 4]]);
  calls.setNodeFeature.dispatch(state, ROOT, { index: 0, value: false });
  assert.deepEqual([features().length, onesOf(features())], [5, [1, 4]]);
});

/** Calls that set no field, or not one alone. */
const WITHOUT_A_FIELD = [
  "setBypassConsistencyCheck",
  "setHrmpOpenRequestTtl",
  "setNodeFeature",
  "setSchedulerParams",
];

test("a field that Polkadot gave up cannot be set", () => {
  const state = stateInSession(5);
  const set = calls.setHrmpOpenRequestTtl.dispatch(state, ROOT, { new: 7 });
  assert.deepEqual(set, { ok: false, error: { type: "other" } });
  assert.deepEqual(pending(state), []);
});

test("every field has its call, and the call sets that field alone", () => {
  const state = stateInSession(5);
  const base = configuration(state);
  const reached = new Set<string>();
  const flat = (c: HostConfiguration): Record<string, unknown> => {
    const { schedulerParams, ...rest } = c;
    return { ...rest, ...schedulerParams };
  };
  for (const [name, { dispatch }] of Object.entries(calls)) {
    if (WITHOUT_A_FIELD.includes(name)) continue;
    const field = name.charAt(3).toLowerCase() + name.slice(4);
    const aliases: Record<string, string> = {
      coretimeCores: "numCores",
      schedulingLookahead: "lookahead",
      onDemandTtl: "ttl",
    };
    const key = aliases[field] ?? field;
    const before = flat(base)[key];
    const value =
      typeof before === "bigint"
        ? before + 1n
        : key === "executorParams"
          ? [{ type: "maxMemoryPages", value: 1 }]
          : key === "asyncBackingParams"
            ? { maxCandidateDepth: 9, allowedAncestryLen: 9 }
            : key === "approvalVotingParams"
              ? { maxApprovalCoalesceCount: 9 }
              : ((before as number | undefined) ?? 0) + 1;
    storage.bypassConsistencyCheck.set(state, true);
    storage.pendingConfigs.remove(state);
    (dispatch as (state: State, origin: typeof ROOT, args: object) => DispatchResult)(state, ROOT, {
      new: value,
    });
    const changed = storage.pendingConfigs.get(state).at(-1)?.configuration;
    assert.ok(changed, `${name} schedules a change`);
    assert.deepEqual(flat(changed), { ...flat(base), [key]: value }, name);
    reached.add(key);
  }
  const fields = Object.keys(flat(base)).filter((key) => key !== "nodeFeatures");
  assert.deepEqual(
    fields.filter((key) => !reached.has(key)),
    [],
  );
});

test("calls have Polkadot's indices", () => {
  const indices: Record<string, number> = {
    setValidationUpgradeCooldown: 0,
    setMaxCodeSize: 3,
    setCoretimeCores: 6,
    setGroupRotationFrequency: 8,
    setSchedulingLookahead: 11,
    setNoShowSlots: 18,
    setMaxUpwardMessageSize: 27,
    setHrmpChannelMaxMessageSize: 36,
    setPvfVotingTtl: 42,
    setAsyncBackingParams: 45,
    setMinimumBackingVotes: 52,
    setNodeFeature: 53,
    setSchedulerParams: 55,
  };
  const declared = calls as Readonly<Record<string, { readonly index: number }>>;
  for (const [name, index] of Object.entries(indices)) assert.equal(declared[name]?.index, index);
});
