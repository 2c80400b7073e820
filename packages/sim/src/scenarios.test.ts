/** What a network lives through, with an observer outside that must find nothing in any of it. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { assert as ensure, expectOk } from "@parahost/base";
import { sr25519PairFromUri } from "@parahost/crypto";
import { LedgerStateMachine, signTransfer } from "@parahost/kit";
import { peerIdOfName } from "@parahost/network";
import type { RelayNode } from "@parahost/node/service/node";
import {
  type AccountId,
  type CandidateEvent,
  defaultHostConfiguration,
  type GroupIndex,
} from "@parahost/primitives";
import {
  type AnyRuntimeCall,
  developmentAccount,
  developmentValidator,
  runtimeApi,
} from "@parahost/runtime";
import { Observer } from "./observer/observer.ts";
import { readRelayState } from "./observer/relay-state.ts";
import { Simulation, type SimulationOptions } from "./simulation.ts";
import { submitAsRoot } from "./testing/root.ts";

const SLOT_MS = 6000;
const SEVEN: SimulationOptions = { seed: 7, validators: 7, paras: 2, groupSize: 4 };

/** Runs a scenario under the eyes of an observer that must have seen something and found nothing. */
async function scenario(
  options: SimulationOptions,
  play: (simulation: Simulation) => Promise<void>,
): Promise<void> {
  const simulation = new Simulation(options);
  const observer = new Observer(simulation);
  await play(simulation);
  await simulation.stop();
  assert.deepEqual(observer.violations, [], observer.report().join("\n"));
  assert.match(observer.report()[1] ?? "", /^checked [1-9]\d* inclusions/);
}

const finalizedIn = ({ validators }: Simulation): number[] =>
  validators.map(({ chain }) => chain.finalized().number);

const first = ({ validators }: Simulation): RelayNode => {
  const [node] = validators;
  ensure(node !== undefined, "a network has validators");
  return node;
};

// Repetition

/** Everything that can be seen of a short run. */
async function trace(seed: number): Promise<{ blocks: string[]; events: string[] }> {
  const simulation = new Simulation({ seed, validators: 4, paras: 2, links: { loss: 0.05 } });
  const events: string[] = [];
  for (const node of simulation.network.nodes)
    node.events.subscribe((event) => events.push(JSON.stringify(event)));
  assert.ok(await simulation.runUntilFinalized(4, 40 * SLOT_MS));
  const { chain } = first(simulation);
  const blocks = [1, 2, 3, 4].map((number) => chain.hashByNumber(number) ?? "none");
  await simulation.stop();
  return { blocks, events };
}

test("one seed gives the same blocks and the same events again, another seed gives others", async () => {
  const once = await trace(11);
  assert.deepEqual(await trace(11), once);
  assert.ok(once.events.length > 100, `${once.events.length} events`);
  const other = await trace(12);
  assert.deepEqual(
    other.blocks.filter((hash) => once.blocks.includes(hash)),
    [],
  );
});

// Use

test("transfers submitted to a collator change balances on the finalized chain", async () => {
  await scenario({ seed: 3, validators: 4, paras: 1 }, async (simulation) => {
    const [collator] = simulation.collators;
    ensure(collator !== undefined, "a para has a collator");
    const { para, plan } = collator;
    const machine = plan.machine();
    ensure(machine instanceof LedgerStateMachine, "the first para is a ledger");
    const alice = expectOk(sr25519PairFromUri("//Alice"), "a well-known key");
    const [from, to] = ["//Alice", "//Zoe"].map(developmentAccount) as [AccountId, AccountId];
    for (const [nonce, amount] of [100n, 20n, 3n].entries())
      expectOk(para.submit(signTransfer(alice, machine.domain, { to, amount, nonce })), "taken");
    const balance = (who: AccountId) => expectOk(para.account(who, "finalized"), "known").balance;
    const before = balance(from);
    assert.equal(balance(to), 0n);
    assert.ok(await simulation.runUntil(() => balance(to) > 0n, 20 * SLOT_MS));
    assert.equal(balance(to), 123n);
    assert.equal(balance(from), before - 123n);
  });
});

// Faults

test("with 2 of 7 validators silent the others finalize", async () => {
  await scenario(SEVEN, async (simulation) => {
    const silent = simulation.silence(2);
    assert.ok(await simulation.runUntilFinalized(5, 25 * SLOT_MS, silent));
    for (const { chain } of silent) assert.equal(chain.finalized().number, 0);
  });
});

test("with a fifth of all messages lost the network finalizes", async () => {
  await scenario({ ...SEVEN, links: { loss: 0.2 } }, async (simulation) => {
    assert.ok(await simulation.runUntilFinalized(6, 30 * SLOT_MS));
    assert.ok(simulation.links.lost > 100, `${simulation.links.lost} lost`);
  });
});

test("with 3 of 7 validators silent finality waits, and goes on when they return", async () => {
  await scenario(SEVEN, async (simulation) => {
    simulation.silence(3);
    await simulation.run(8 * SLOT_MS);
    assert.deepEqual(finalizedIn(simulation), [0, 0, 0, 0, 0, 0, 0]);
    const { number: waited } = first(simulation).chain.best();
    assert.ok(waited >= 3, `the chain grew to #${waited} meanwhile`);
    simulation.heal();
    assert.ok(await simulation.runUntilFinalized(waited, 25 * SLOT_MS));
  });
});

test("a network torn in two finalizes nothing, and one chain once it is whole", async () => {
  await scenario(SEVEN, async (simulation) => {
    assert.ok(await simulation.runUntilFinalized(2, 20 * SLOT_MS));
    const finalized = Math.max(...finalizedIn(simulation));
    const apart = simulation.validators.slice(4);
    simulation.links.partition([apart.map(({ name }) => peerIdOfName(name))]);
    await simulation.run(6 * SLOT_MS);
    // What was on its way when the network tore may still have become final.
    assert.ok(Math.max(...finalizedIn(simulation)) <= finalized + 2);
    const [left, right] = [simulation.validators[0], apart[0]];
    ensure(left !== undefined && right !== undefined, "both sides have validators");
    assert.notEqual(left.chain.best().hash, right.chain.best().hash);
    const torn = left.chain.best().number;
    simulation.heal();
    assert.ok(await simulation.runUntilFinalized(torn, 25 * SLOT_MS));
    assert.equal(left.chain.hashByNumber(torn), right.chain.hashByNumber(torn));
  });
});

// Sessions

const changeValidators = (
  type: "registerValidators" | "deregisterValidators",
  indices: readonly number[],
): AnyRuntimeCall => {
  const validators = indices.map((index) => developmentValidator(index).account);
  return { type: "validatorManager", value: { type, value: { validators } } };
};

test("validators leave and join with sessions, groups rotate, and the chains go on", async () => {
  const { schedulerParams } = defaultHostConfiguration({
    validatorCount: 5,
    groupSize: 3,
    slotMs: SLOT_MS,
  });
  const options: SimulationOptions = {
    seed: 5,
    validators: 5,
    paras: 2,
    epochSlots: 4,
    configuration: { schedulerParams: { ...schedulerParams, groupRotationFrequency: 2 } },
  };
  await scenario(options, async (simulation) => {
    const node = first(simulation);
    const backers = new Set<GroupIndex>();
    const setSizes: number[] = [];
    node.chain.subscribe((event) => {
      if (event.type !== "imported") return;
      const state = node.states.view(event.block.hash);
      ensure(state !== undefined, "the state of an imported block is kept");
      for (const { type, value } of runtimeApi.candidateEvents(state))
        if (type === "backed" && value.core === 0) backers.add(groupIn(value));
      const { sessionInfo } = readRelayState(state);
      if (setSizes.at(-1) !== sessionInfo.validators.length)
        setSizes.push(sessionInfo.validators.length);
    });
    submitAsRoot(node, changeValidators("deregisterValidators", [4]), 0);
    assert.ok(await simulation.runUntil(() => setSizes.at(-1) === 4, 40 * SLOT_MS));
    submitAsRoot(node, changeValidators("registerValidators", [4]), 1);
    assert.ok(await simulation.runUntil(() => setSizes.at(-1) === 5, 40 * SLOT_MS));
    assert.deepEqual(setSizes, [5, 4, 5]);
    assert.equal(backers.size, 2);
    // The new set finalizes, and its paras advance.
    const { number } = node.chain.best();
    const heads = simulation.collators.map(({ para }) => para.head("finalized").number ?? 0);
    assert.ok(await simulation.runUntilFinalized(number + 3, 20 * SLOT_MS));
    for (const [i, { para }] of simulation.collators.entries())
      assert.ok((para.head("finalized").number ?? 0) > (heads[i] ?? 0));
  });
});

const groupIn = (value: Extract<CandidateEvent, { type: "backed" }>["value"]): GroupIndex =>
  value.group;
