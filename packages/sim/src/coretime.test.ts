/** Code upgrades, and blocks bought one by one, on a network that lives through sessions. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { concatBytes, assert as ensure, expectOk } from "@parahost/base";
import { sr25519PairFromUri } from "@parahost/crypto";
import { adderCode } from "@parahost/kit/artifacts";
import type { RelayNode } from "@parahost/node/service/node";
import {
  asParaId,
  defaultHostConfiguration,
  type GroupIndex,
  type ParaId,
  validationCodeHash,
} from "@parahost/primitives";
import {
  type AnyRuntimeCall,
  developmentValidator,
  runtimeApi,
  signExtrinsic,
} from "@parahost/runtime";
import { Observer } from "./observer/observer.ts";
import { planPara } from "./para-plan.ts";
import { Simulation, type SimulationOptions } from "./simulation.ts";

const SLOT_MS = 6000;

/** Transactions of one account, one after the other. */
class Sender {
  readonly #node: RelayNode;
  readonly #uri: string;
  #nonce = 0;

  constructor(node: RelayNode, uri: string) {
    this.#node = node;
    this.#uri = uri;
  }

  submit(call: AnyRuntimeCall): void {
    const pair = expectOk(sr25519PairFromUri(this.#uri), "a well-known key");
    const { genesisHash } = this.#node.chain;
    const nonce = this.#nonce++;
    expectOk(this.#node.submit(signExtrinsic(pair, call, { genesisHash, nonce })), "submitted");
  }

  asRoot(call: AnyRuntimeCall): void {
    this.submit({ type: "sudo", value: { type: "sudo", value: { call } as object } });
  }
}

const call = (pallet: string, name: string, args: object): AnyRuntimeCall => ({
  type: pallet,
  value: { type: name, value: args },
});

/** The same program under another hash: a custom section follows it. */
const codeVersion = (version: number): Uint8Array =>
  concatBytes(adderCode(), new Uint8Array([0, 3, 1, 0x76, version]));

async function scenario(
  options: SimulationOptions,
  play: (simulation: Simulation, node: RelayNode) => Promise<void>,
): Promise<void> {
  const simulation = new Simulation(options);
  const observer = new Observer(simulation);
  const [node] = simulation.validators;
  ensure(node !== undefined, "a network has validators");
  await play(simulation, node);
  await simulation.stop();
  assert.deepEqual(observer.violations, [], observer.report().join("\n"));
  assert.match(observer.report()[1] ?? "", /^checked [1-9]\d* inclusions/);
}

const stateOf = (node: RelayNode) => {
  const state = node.states.view(node.chain.best().hash);
  ensure(state !== undefined, "the best block's state is kept");
  return state;
};

test("over five sessions validators leave and join, groups rotate, code is replaced twice, and a parathread becomes a parachain", async () => {
  const chain = asParaId(1000);
  const thread = asParaId(2000);
  const { schedulerParams } = defaultHostConfiguration({
    validatorCount: 5,
    groupSize: 3,
    slotMs: SLOT_MS,
  });
  const options: SimulationOptions = {
    seed: 21,
    validators: 5,
    paras: [
      planPara(chain, "adder"),
      { ...planPara(thread, "adder"), lifecycle: "parathread" as const },
    ],
    epochSlots: 6,
    configuration: {
      parathreadCores: 1,
      parathreadRetries: 5,
      schedulerParams: { ...schedulerParams, groupRotationFrequency: 2 },
    },
  };
  await scenario(options, async (simulation, node) => {
    const codeHash = () =>
      runtimeApi.validationCodeHash(stateOf(node), chain, { type: "included" });
    const sessionNow = () => runtimeApi.sessionIndexForChild(stateOf(node));
    const heads = new Map(
      simulation.collators.map(({ plan, para }) => [
        plan.id,
        () => para.head("finalized").number ?? 0,
      ]),
    );
    const head = (id: ParaId): number => heads.get(id)?.() ?? 0;
    const groups = new Set<GroupIndex>();
    const setSizes: number[] = [];
    node.chain.subscribe((event) => {
      if (event.type !== "imported") return;
      const state = node.states.view(event.block.hash);
      ensure(state !== undefined, "the state of an imported block is kept");
      for (const { type, value } of runtimeApi.candidateEvents(state))
        if (type === "backed" && value.core === 0) groups.add(value.group);
      const size = runtimeApi.validators(state).length;
      if (setSizes.at(-1) !== size) setSizes.push(size);
    });
    const root = new Sender(node, "//Alice");
    const bob = new Sender(node, "//Bob");

    const upgradeTo = async (version: number) => {
      const newCode = codeVersion(version);
      const relayParentNumber = node.chain.best().number;
      const args = { para: chain, newCode, relayParentNumber };
      root.asRoot(call("paras", "forceScheduleCodeUpgrade", args));
      const wanted = validationCodeHash(newCode);
      const applied = await simulation.runUntil(() => codeHash() === wanted, 60 * SLOT_MS);
      assert.ok(applied, `version ${version} was not applied`);
      const before = head(chain);
      assert.ok(await simulation.runUntil(() => head(chain) > before + 2, 20 * SLOT_MS));
    };
    const changeTo = async (name: string, size: number) => {
      const validators = [developmentValidator(4).account];
      root.asRoot(call("validatorManager", name, { validators }));
      assert.ok(await simulation.runUntil(() => setSizes.at(-1) === size, 40 * SLOT_MS));
    };

    assert.ok(await simulation.runUntil(() => head(chain) > 0, 20 * SLOT_MS));
    await changeTo("deregisterValidators", 4);
    await upgradeTo(2);
    assert.equal(head(thread), 0, "nobody has paid for a block");
    const order = { maxAmount: 10n ** 12n, paraId: thread };
    bob.submit(call("onDemand", "placeOrderAllowDeath", order));
    assert.ok(await simulation.runUntil(() => head(thread) === 1, 30 * SLOT_MS));
    await changeTo("registerValidators", 5);
    root.asRoot(call("parasSudoWrapper", "sudoScheduleParathreadUpgrade", { id: thread }));
    await upgradeTo(3);
    assert.ok(await simulation.runUntil(() => head(thread) >= 5, 60 * SLOT_MS));
    assert.ok(await simulation.runUntil(() => sessionNow() >= 5, 40 * SLOT_MS));
    assert.deepEqual(setSizes, [5, 4, 5]);
    assert.ok(groups.size >= 2, "the core has had other groups");
    assert.ok(head(chain) > 15, `the parachain went on to #${head(chain)}`);
  });
});

test("a parathread buys blocks one by one, pays more under pressure, becomes a parachain, and goes back", async () => {
  const chain = asParaId(1000);
  const threads = [2000, 2001, 2002].map(asParaId);
  const thread = asParaId(2000);
  const { schedulerParams } = defaultHostConfiguration({
    validatorCount: 4,
    groupSize: 2,
    slotMs: SLOT_MS,
  });
  const options: SimulationOptions = {
    seed: 22,
    validators: 4,
    paras: [
      planPara(chain, "adder"),
      ...threads.map((id) => ({ ...planPara(id, "adder"), lifecycle: "parathread" as const })),
    ],
    epochSlots: 6,
    configuration: {
      parathreadCores: 1,
      parathreadRetries: 5,
      schedulerParams: { ...schedulerParams, onDemandTargetQueueUtilization: 1 as never },
    },
  };
  await scenario(options, async (simulation, node) => {
    const heads = new Map(
      simulation.collators.map(({ plan, para }) => [plan.id, () => para.head("best").number ?? 0]),
    );
    const head = (id: ParaId): number => heads.get(id)?.() ?? 0;
    const bob = new Sender(node, "//Bob");
    const free = () =>
      runtimeApi.accountInfo(
        stateOf(node),
        expectOk(sr25519PairFromUri("//Bob"), "a well-known key").publicKey as never,
      ).data.free;

    assert.ok(await simulation.runUntil(() => head(chain) >= 2, 20 * SLOT_MS));
    assert.equal(head(thread), 0, "nobody has paid for a block");

    const paid: bigint[] = [];
    for (let block = 1; block <= 3; block++) {
      const before = free();
      bob.submit(
        call("onDemand", "placeOrderAllowDeath", { maxAmount: before / 2n, paraId: thread }),
      );
      assert.ok(await simulation.runUntil(() => head(thread) === block, 30 * SLOT_MS));
      paid.push(before - free());
    }
    assert.ok(paid.every((amount) => amount > 0n));

    // Who orders while others wait pays more.
    const beforeRush = free();
    const wanted = threads.map((id) => head(id) + 1);
    for (const paraId of threads)
      bob.submit(call("onDemand", "placeOrderAllowDeath", { maxAmount: beforeRush / 4n, paraId }));
    const served = () => threads.every((id, index) => head(id) === wanted[index]);
    assert.ok(await simulation.runUntil(served, 40 * SLOT_MS));
    const first = paid[0] ?? 0n;
    assert.ok(beforeRush - free() > BigInt(threads.length) * first, "a queue raises the price");
    const quiet = head(thread);
    await simulation.run(5 * SLOT_MS);
    assert.equal(head(thread), quiet, "without an order there is no block");

    const root = new Sender(node, "//Alice");
    root.asRoot(call("parasSudoWrapper", "sudoScheduleParathreadUpgrade", { id: thread }));
    assert.ok(await simulation.runUntil(() => head(thread) >= quiet + 5, 60 * SLOT_MS));
    root.asRoot(call("parasSudoWrapper", "sudoScheduleParachainDowngrade", { id: thread }));
    await simulation.run(15 * SLOT_MS);
    const stopped = head(thread);
    await simulation.run(5 * SLOT_MS);
    assert.equal(head(thread), stopped, "a parathread again");
    assert.ok(head(chain) > 20, `the parachain went on to #${head(chain)}`);
  });
});
