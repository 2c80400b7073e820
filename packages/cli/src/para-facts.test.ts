/** Each thing that may keep a para, made to happen on a network in virtual time, and told in its sentence. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { assert as ensure, expectOk } from "@parahost/base";
import { pairFromUri } from "@parahost/crypto";
import { asParaId } from "@parahost/primitives";
import {
  CandidateLog,
  chainViewMethods,
  combineMethods,
  type Json,
  parachainsMethods,
  paraMethods,
  relayView,
} from "@parahost/rpc";
import { runtimeApi, signExtrinsic } from "@parahost/runtime";
import { type ParaPlan, planPara } from "@parahost/sim/para-plan";
import { Simulation, type SimulationOptions } from "@parahost/sim/simulation";
import { type Ask, lifecycles, whyFacts } from "./para-facts.ts";
import { whySentence } from "./para-why.ts";

const SLOT_MS = 6000;
const FIRST = asParaId(1000);
const SECOND = asParaId(1001);

/** A network, and what its first validator's JSON-RPC says of it. */
class Asked {
  readonly simulation: Simulation;
  readonly #log: CandidateLog;
  readonly #gone = new Set<number>();

  constructor(options: Partial<SimulationOptions> = {}) {
    this.simulation = new Simulation({
      seed: 3,
      validators: 4,
      paras: 2,
      slotMs: SLOT_MS,
      ...options,
    });
    const { nodes } = this.simulation.network;
    this.#log = new CandidateLog((listener) => {
      const ends = nodes.map((node) => node.events.subscribe(listener));
      return () => {
        for (const end of ends) end();
      };
    });
  }

  get #methods() {
    const [node] = this.simulation.validators;
    ensure(node !== undefined, "a network has validators");
    const collators = this.simulation.collators.filter(({ plan }) => !this.#gone.has(plan.id));
    return combineMethods(
      chainViewMethods(relayView(node), { name: "test", type: "Local", version: "0" }),
      parachainsMethods(node, this.#log),
      paraMethods(new Map(collators.map(({ plan, para }) => [plan.id as number, para]))),
    ).methods;
  }

  readonly ask: Ask = async <T>(method: string, params: readonly unknown[]) => {
    const found = this.#methods[method];
    ensure(found !== undefined, method);
    const session = { isLasting: false, onEnd: () => {}, afterAnswer: () => {} };
    return (await found(params as readonly Json[], session)) as T;
  };

  slots(count: number): Promise<void> {
    return this.simulation.run(count * SLOT_MS);
  }

  async why(para: number): Promise<string> {
    return whySentence(await whyFacts(this.ask, para));
  }

  async stopCollator(para: number): Promise<void> {
    this.#gone.add(para);
    await this.simulation.collators.find(({ plan }) => plan.id === para)?.node.stop();
  }

  /** Validators that take part no longer. */
  async stopValidators(...indices: readonly number[]): Promise<void> {
    for (const index of indices) await this.simulation.validators[index]?.stop();
  }

  stop(): Promise<void> {
    return this.simulation.stop();
  }
}

async function asked(
  options: Partial<SimulationOptions>,
  look: (network: Asked) => Promise<void>,
): Promise<void> {
  const network = new Asked(options);
  try {
    await look(network);
  } finally {
    await network.stop();
  }
}

test("a para that produces, and one whose collator is gone", () =>
  asked({}, async (network) => {
    await network.slots(6);
    assert.equal(await network.why(FIRST), "producing");
    assert.match(await network.why(4000), /^not registered/);
    await network.stopCollator(FIRST);
    await network.slots(12);
    assert.match(await network.why(FIRST), /^no collator: nothing came after candidate 0x/);
    assert.equal(await network.why(SECOND), "producing");
  }));

test("a para whose collator never was", () =>
  asked({}, async (network) => {
    await network.stopCollator(FIRST);
    await network.slots(9);
    assert.match(await network.why(FIRST), /^no collator: this network runs none for para 1000/);
  }));

test("a para without a core", () => {
  const plan: ParaPlan = { ...planPara(FIRST, "adder"), lifecycle: "parathread" };
  return asked({ paras: [plan] }, async (network) => {
    await network.slots(9);
    assert.match(await network.why(FIRST), /^no core: it needs a lease/);
    assert.deepEqual([...(await lifecycles(network.ask))], [[1000, "parathread"]]);
  });
});

test("a para whose code ends while its block is built is told with file and line", () => {
  const plan = planPara(FIRST, "adder");
  const message = "assembly/chain.ts:7:3: no more";
  const trapping = {
    ...plan,
    machine: () => {
      const machine = plan.machine();
      machine.buildBlock = () => ({ ok: false, error: { code: "trap", message } });
      return machine;
    },
  };
  return asked({ paras: [trapping] }, async (network) => {
    await network.slots(4);
    assert.match(
      await network.why(FIRST),
      /^candidate rejected: .*assembly\/chain\.ts:7:3: no more/,
    );
  });
});

test("a para whose group is offline, wholly or in part, and one whose data is nowhere", () =>
  asked({ epochSlots: 200 }, async (network) => {
    await network.slots(4);
    await network.stopValidators(2, 3);
    const said = new Set<string>();
    for (let slot = 0; slot < 40; slot++) {
      await network.slots(1);
      for (const para of [FIRST, SECOND])
        said.add((await network.why(para)).replace(/0x[0-9a-f]{64}|block \d+/, "it"));
    }
    const all = [...said].join("\n");
    assert.match(all, /^not backed: (nobody|too few) of group [01] ha/m);
    assert.match(all, /^not available: [12] of 4 validators have their part/m);
  }));

test("a para in a dispute, and suspended after one that ended split", () =>
  asked(
    {
      seed: 5,
      validators: 7,
      groupSize: 4,
      epochSlots: 100,
      roles: [0, 3, 4].map((validator) => ({
        ...{ validator, strategy: "B06", share: 1 },
        ...{ fromSlot: 3, toSlot: 6 },
      })),
    },
    async (network) => {
      const said = new Set<string>();
      for (
        let slot = 0;
        slot < 40 && ![...said].some((one) => one.startsWith("suspended"));
        slot++
      ) {
        await network.slots(1);
        said.add(await network.why(FIRST));
      }
      const all = [...said].join("\n");
      assert.match(all, /^disputed: validators argue about candidate 0x/m);
      assert.match(
        all,
        /^suspended: validators did not agree on candidate 0x[0-9a-f]+; root lets/m,
      );
    },
  ));

test("a para that is registered is onboarding until the next session, and then has a core", () =>
  asked({ paras: 1, epochSlots: 8 }, async (network) => {
    const [node] = network.simulation.validators;
    ensure(node !== undefined, "a network has validators");
    const { code, machine } = planPara(SECOND, "adder");
    const alice = expectOk(pairFromUri("sr25519", "//Alice"), "alice");
    const state = node.states.view(node.chain.best().hash);
    ensure(state !== undefined, "the best block's state is kept");
    const genesis = { genesisHead: machine().genesisHead, validationCode: code, parachain: true };
    const calls = [
      {
        type: "paras",
        value: { type: "addTrustedValidationCode", value: { validationCode: code } },
      },
      {
        type: "parasSudoWrapper",
        value: { type: "sudoScheduleParaInitialize", value: { id: SECOND, genesis } },
      },
    ] as const;
    const call = { type: "utility", value: { type: "batchAll", value: { calls } } } as const;
    const sudo = { type: "sudo", value: { type: "sudo", value: { call } } } as const;
    expectOk(
      node.submit(
        signExtrinsic(alice, sudo, {
          genesisHash: node.chain.genesisHash,
          nonce: 0,
          version: runtimeApi.version(state),
        }),
      ),
      "registered",
    );
    const said: string[] = [];
    assert.match(await network.why(SECOND), /^not registered/);
    for (let slot = 0; slot < 16; slot++) {
      await network.slots(1);
      const sentence = await network.why(SECOND);
      if (said.at(-1) !== sentence) said.push(sentence);
    }
    assert.deepEqual(said, [
      "onboarding (session 1 of 2)",
      "no collator: this network runs none for para 1001",
    ]);
  }));
