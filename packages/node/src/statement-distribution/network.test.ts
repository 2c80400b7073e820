/**
 * Seven validators that talk to each other over links that delay and lose, with a plain tally in
 * place of candidate backing.
 */
import assert from "node:assert/strict";
import test from "node:test";
import { err, ok, randomBelow, SeededRandom, silentLogger } from "@parahost/base";
import { CachingVerifier, DirectVerifier } from "@parahost/crypto";
import {
  AttestedCandidateRequest,
  AttestedCandidateResponse,
  StatementDistributionMessage,
} from "@parahost/network";
import { type CandidateHash, candidateHash, type ValidatorIndex } from "@parahost/primitives";
import { decode, encode } from "@parahost/scale";
import {
  AUTHORITIES,
  GROUPS,
  keystoreOf,
  LEAF,
  peerOf,
  runtimeAnswer,
  type SampleCandidate,
  sampleCandidate,
  signed,
  signedInvalid,
} from "../backing-groups/test-chain.ts";
import type { NetworkBridgeTxMessage } from "../network-bridge/messages.ts";
import type { Context } from "../overseer/context.ts";
import { ManualClock } from "../overseer/manual-clock.ts";
import type { SubsystemName } from "../overseer/messages.ts";
import { Overseer } from "../overseer/overseer.ts";
import { oneShot, unlessCancelled } from "../overseer/reply.ts";
import { run } from "./subsystem.ts";

const SLOT_MS = 2000;
const THRESHOLD = 2;
const REQUEST_TIMEOUT_MS = 2500;

interface Links {
  readonly seed: number;
  /** Of a hundred notifications and requests so many are lost. */
  readonly lossPercent: number;
  readonly silent: readonly number[];
  /** Finds what others second invalid, and says so. */
  readonly doubter?: number;
  /** Whether the others know the guide's third kind of statement. */
  readonly invalidStatements?: boolean;
}

interface Node {
  readonly index: number;
  readonly overseer: Overseer;
  /** Candidates of which the tally saw a quorum, and when. */
  readonly backed: Map<CandidateHash, number>;
}

class Net {
  readonly clock = new ManualClock(0);
  readonly nodes: Node[];
  readonly reports: string[] = [];
  /** Who heard from whom that a candidate is invalid. */
  readonly doubts: string[] = [];
  messages = 0;
  readonly #random: SeededRandom;
  readonly #links: Links;
  readonly #busyUntil = new Map<string, number>();

  constructor(links: Links) {
    this.#links = links;
    this.#random = new SeededRandom(links.seed);
    this.nodes = AUTHORITIES.map((_, index) => this.#start(index)).filter(
      ({ index }) => !links.silent.includes(index),
    );
  }

  async connect(): Promise<void> {
    await this.clock.advance(0);
    for (const node of this.nodes)
      for (const other of this.nodes) {
        if (other === node) continue;
        await node.overseer.send("statement-distribution", {
          type: "networkEvent",
          event: {
            type: "peerConnected",
            peer: peerOf(other.index),
            role: "authority",
            version: 3,
            authorities: AUTHORITIES.slice(other.index, other.index + 1),
          },
        });
        this.#later(`${other.index} to ${peerOf(node.index)}`, () =>
          node.overseer.send("statement-distribution", {
            type: "networkEvent",
            event: {
              type: "peerViewChange",
              peer: peerOf(other.index),
              view: { heads: [LEAF], finalizedNumber: 0 },
            },
          }),
        );
      }
  }

  second(validator: number, candidate: SampleCandidate): Promise<void> {
    return this.#share(validator, "seconded", candidate);
  }

  async stop(): Promise<void> {
    for (const { overseer } of this.nodes)
      assert.deepEqual((await overseer.stop()).reason, { type: "stopped" });
  }

  /** Runs what a link carries after its delay and in its order, unless it is lost. */
  #later(link: string, what: () => Promise<void>): void {
    this.messages += 1;
    const delay = 20 + randomBelow(this.#random, 40);
    if (randomBelow(this.#random, 100) < this.#links.lossPercent) return;
    const at = Math.max(this.clock.now() + delay, this.#busyUntil.get(link) ?? 0);
    this.#busyUntil.set(link, at);
    this.clock.setTimer(at - this.clock.now(), () => void what());
  }

  #node(validator: number): Node | undefined {
    return this.nodes.find(({ index }) => index === validator);
  }

  async #share(
    validator: number,
    type: "seconded" | "valid",
    candidate: Pick<SampleCandidate, "hash" | "receipt" | "persistedValidationData">,
  ): Promise<void> {
    const { signature, validatorIndex } = signed(validator, type, candidate);
    const { hash: value, receipt, persistedValidationData } = candidate;
    const payload =
      type === "seconded" ? { type, value: receipt, persistedValidationData } : { type, value };
    await this.#node(validator)?.overseer.send("statement-distribution", {
      type: "share",
      relayParent: LEAF,
      statement: { payload, validatorIndex, signature },
    });
    await this.#node(validator)?.overseer.send("candidate-backing", {
      type: "statement",
      relayParent: LEAF,
      statement: { payload, validatorIndex, signature },
    });
  }

  #start(index: number): Node {
    const backed = new Map<CandidateHash, number>();
    const overseer = new Overseer(
      { clock: this.clock, logger: silentLogger },
      { finalized: 0, leaves: [{ hash: LEAF, number: 7, parentHash: LEAF }] },
      {
        "statement-distribution": (context) =>
          run(context, {
            clock: this.clock,
            logger: silentLogger,
            keystore: keystoreOf(index),
            verifier: new CachingVerifier(new DirectVerifier()),
            slotMs: SLOT_MS,
            invalidStatements: this.#links.invalidStatements === true,
          }),
        "candidate-backing": (context) => this.#tally(context, index, backed),
        "network-bridge-tx": (context) => this.#transmit(context, index),
        "runtime-api": async ({ inbox }) => {
          for await (const incoming of inbox) {
            if (incoming.from === "overseer") {
              if (incoming.signal.type === "conclude") return;
              continue;
            }
            const { reply, type }: { reply(answer: never): void; type: string } = incoming.message;
            reply(ok(runtimeAnswer(type)) as never);
          }
        },
      },
    );
    return { index, overseer, backed };
  }

  /** Counts votes; votes for what another member of the own group seconded. */
  async #tally(
    { inbox, send }: Context<"candidate-backing", SubsystemName>,
    index: number,
    backed: Map<CandidateHash, number>,
  ): Promise<void> {
    const votes = new Map<CandidateHash, Set<ValidatorIndex>>();
    for await (const incoming of inbox) {
      if (incoming.from === "overseer") {
        if (incoming.signal.type === "conclude") return;
        continue;
      }
      if (incoming.message.type === "invalidStatement") {
        const { candidateHash: doubted, validatorIndex } = incoming.message.statement;
        assert.ok(votes.has(doubted), "seconding comes first");
        this.doubts.push(`${index} from ${validatorIndex}`);
      }
      if (incoming.message.type !== "statement") continue;
      const { payload, validatorIndex } = incoming.message.statement;
      const hash = payload.type === "seconded" ? candidateHash(payload.value) : payload.value;
      const voters = votes.get(hash);
      assert.ok(voters !== undefined || payload.type === "seconded", "seconding comes first");
      const all = new Set(voters).add(validatorIndex);
      votes.set(hash, all);
      if (all.size === THRESHOLD && voters?.size !== THRESHOLD) {
        backed.set(hash, this.clock.now());
        void send("statement-distribution", { type: "backed", candidateHash: hash });
      }
      if (payload.type !== "seconded") continue;
      const group = GROUPS.groups.find((members) => members.includes(validatorIndex));
      if (group?.some((member) => member === index) !== true || validatorIndex === index) continue;
      if (index === this.#links.doubter) {
        void send("statement-distribution", {
          type: "shareInvalid",
          relayParent: LEAF,
          statement: signedInvalid(index, { hash }),
        });
        continue;
      }
      const { value: receipt, persistedValidationData } = payload;
      void this.#share(index, "valid", { hash, receipt, persistedValidationData });
    }
  }

  async #transmit(
    { inbox, spawn }: Context<"network-bridge-tx", SubsystemName>,
    index: number,
  ): Promise<void> {
    for await (const incoming of inbox) {
      if (incoming.from === "overseer") {
        if (incoming.signal.type === "conclude") return;
        continue;
      }
      const { message } = incoming;
      if (message.type === "reportPeer" && message.change.startsWith("cost"))
        this.reports.push(`${index} on ${message.peer}: ${message.reason}`);
      if (message.type === "sendValidationMessage") this.#carry(index, message);
      if (message.type === "requestAttestedCandidate")
        spawn("request", () => this.#request(index, message));
    }
  }

  #carry(
    from: number,
    { message, peers }: Extract<NetworkBridgeTxMessage, { type: "sendValidationMessage" }>,
  ): void {
    assert.ok(message.type === "statementDistribution");
    const bytes = encode(StatementDistributionMessage, message.value);
    for (const peer of peers)
      this.#later(`${from} to ${peer}`, async () => {
        const to = this.nodes.find(({ index }) => peerOf(index) === peer);
        await to?.overseer.send("statement-distribution", {
          type: "networkEvent",
          event: {
            type: "peerMessage",
            peer: peerOf(from),
            message: decode(StatementDistributionMessage, bytes),
          },
        });
      });
  }

  async #request(
    from: number,
    { payload, reply, to }: Extract<NetworkBridgeTxMessage, { type: "requestAttestedCandidate" }>,
  ): Promise<void> {
    assert.ok(to.type === "peer");
    const server = this.nodes.find(({ index }) => peerOf(index) === to.peer);
    const question = oneShot<AttestedCandidateResponse>("request");
    let isAnswered = false;
    const answer = (value: Parameters<typeof reply>[0]): void => {
      if (!isAnswered) reply(value);
      isAnswered = true;
    };
    this.clock.setTimer(REQUEST_TIMEOUT_MS, () => answer(err({ code: "timeout" })));
    const bytes = encode(AttestedCandidateRequest, payload);
    this.#later("request", async () => {
      await server?.overseer.send("statement-distribution", {
        type: "attestedCandidateRequest",
        peer: peerOf(from),
        payload: decode(AttestedCandidateRequest, bytes),
        reply: question.reply,
      });
    });
    const response = await unlessCancelled(question.answer);
    this.#later("response", async () =>
      answer(
        response === undefined
          ? err({ code: "refused" })
          : ok({
              peer: to.peer,
              response: decode(
                AttestedCandidateResponse,
                encode(AttestedCandidateResponse, response),
              ),
            }),
      ),
    );
  }
}

const candidates = GROUPS.groups.map((_, group) => sampleCandidate(group));

async function slotWith(links: Links): Promise<Net> {
  const net = new Net(links);
  await net.connect();
  await net.clock.advance(300);
  for (const [group, candidate] of candidates.entries()) {
    const seconder = GROUPS.groups[group]?.find((member) => !links.silent.includes(member));
    if (seconder !== undefined) await net.second(seconder, candidate);
  }
  await net.clock.advance(SLOT_MS - 300);
  return net;
}

test("every validator learns every backed candidate, and nobody is held to have misbehaved", async () => {
  const net = await slotWith({ seed: 1, lossPercent: 0, silent: [] });
  for (const { backed } of net.nodes)
    assert.deepEqual([...backed.keys()].sort(), candidates.map(({ hash }) => hash).sort());
  assert.deepEqual(net.reports, []);
  await net.stop();
});

test("with a fifth of all messages lost nearly all is still learnt within the slot", async () => {
  let missing = 0;
  for (let seed = 1; seed <= 4; seed++) {
    const net = await slotWith({ seed, lossPercent: 20, silent: [] });
    for (const { backed } of net.nodes)
      missing += candidates.filter(({ hash }) => !backed.has(hash)).length;
    assert.ok(
      net.reports.every((report) => /unexpected/.test(report)),
      net.reports.join("; "),
    );
    await net.stop();
  }
  assert.ok(missing <= 8, `${missing} of 84 not learnt`);
});

test("silent validators keep nobody else from learning what can be backed", async () => {
  // One of three and one of two: the latter group has no quorum any more.
  const net = await slotWith({ seed: 3, lossPercent: 0, silent: [1, 4] });
  const expected = [candidates[0]?.hash, candidates[2]?.hash].sort();
  for (const { backed } of net.nodes) assert.deepEqual([...backed.keys()].sort(), expected);
  assert.deepEqual(net.reports, []);
  await net.stop();
});

test("what a member finds invalid its group hears once, after the seconding, and nobody else does", async () => {
  const [group = []] = GROUPS.groups;
  const [seconder, doubter] = group.map(Number);
  for (const lossPercent of [0, 20]) {
    const net = await slotWith({
      seed: 5,
      lossPercent,
      silent: [],
      invalidStatements: true,
      ...(doubter === undefined ? {} : { doubter }),
    });
    const others = group.filter((member) => member !== doubter);
    assert.ok(others.includes(seconder as never) && others.length >= 1);
    assert.deepEqual(
      net.doubts.sort(),
      others.map((member) => `${member} from ${doubter}`),
    );
    if (lossPercent === 0) assert.deepEqual(net.reports, []);
    await net.stop();
  }
});

test("where the third kind of statement is switched off it costs whoever sends it", async () => {
  const [, doubter] = (GROUPS.groups[0] ?? []).map(Number);
  assert.ok(doubter !== undefined);
  const net = await slotWith({ seed: 5, lossPercent: 0, silent: [], doubter });
  assert.deepEqual(net.doubts, []);
  assert.ok(net.reports.length > 0);
  for (const report of net.reports)
    assert.match(report, new RegExp(`on validator ${doubter}: .*switched off`));
  await net.stop();
});
