/**
 * The provisioner collects what could go into the parachain inherent on each leaf and hands it to the
 * author when the leaf is old enough to have collected bitfields. An author is never held up: after
 * `ASSEMBLY_MAX_MS` it gets an error and goes on with an empty inherent. Guide: Provisioner.
 */
import { type Clock, describe, err, type Logger, ok, type Result, sleep } from "@parahost/base";
import type {
  BackedCandidate,
  CandidateHash,
  DisputeStatementSet,
  Hash,
  ParaId,
  UncheckedSignedAvailabilityBitfield,
} from "@parahost/primitives";
import type { CandidateAt } from "../candidate-backing/messages.ts";
import type { Context, Job } from "../overseer/context.ts";
import { type Reply, unlessCancelled } from "../overseer/reply.ts";
import type { ActivatedLeaf } from "../overseer/signal.ts";
import { queryRuntime } from "../runtime-api/query.ts";
import { selectBitfields } from "./bitfields.ts";
import { coreUse, withOneCodeUpgrade } from "./candidates.ts";
import { DisputeSets, inUrgency, onChainDisputes, VOTES_BATCH } from "./disputes.ts";
import type { ProvisionableData, ProvisionerError, ProvisionerInherentData } from "./messages.ts";

const TARGET = "parachain::provisioner";
/** Share of a slot after which a leaf has collected enough bitfields. Node-side reference, 1.2. */
const READY_SLOT_SHARE = 1 / 3;
const ASSEMBLY_MAX_MS = 500;
/** Bitfields kept per leaf: a validator has one honest one, and a second shows a conflict. */
const BITFIELDS_PER_VALIDATOR_MAX = 2;
const WAITING_MAX = 16;
const NOTHING: ReadonlySet<CandidateHash> = new Set();

export type ProvisionerSends =
  | "runtime-api"
  | "prospective-parachains"
  | "candidate-backing"
  | "dispute-coordinator";
export type ProvisionerContext = Context<"provisioner", ProvisionerSends>;

export interface Dependencies {
  readonly clock: Clock;
  readonly logger: Logger;
  readonly slotMs: number;
}

type InherentReply = Reply<Result<ProvisionerInherentData, ProvisionerError>>;

interface LeafState {
  readonly leaf: ActivatedLeaf;
  readonly bitfields: Map<number, UncheckedSignedAvailabilityBitfield[]>;
  readonly waiting: InherentReply[];
  isReady: boolean;
  job: Job | undefined;
}

export async function run(context: ProvisionerContext, deps: Dependencies): Promise<void> {
  const leaves = new Map<Hash, LeafState>();
  for await (const incoming of context.inbox) {
    if (incoming.from === "overseer") {
      const { signal } = incoming;
      if (signal.type === "conclude") {
        for (const state of leaves.values()) dropLeaf(state);
        return;
      }
      if (signal.type !== "activeLeaves") continue;
      for (const hash of signal.deactivated) {
        const state = leaves.get(hash);
        if (state !== undefined) dropLeaf(state);
        leaves.delete(hash);
      }
      if (signal.activated !== undefined)
        leaves.set(signal.activated.hash, openLeaf(context, deps, signal.activated));
      continue;
    }
    const { message } = incoming;
    const state = leaves.get(message.relayParent);
    switch (message.type) {
      case "provisionableData":
        if (state !== undefined) note(state, message.data);
        break;
      case "requestInherentData":
        if (state === undefined) message.reply(err({ code: "leafNotActive" }));
        else if (state.isReady) assemble(context, deps, state, message.reply);
        else if (state.waiting.length < WAITING_MAX) state.waiting.push(message.reply);
        else message.reply.cancel();
        break;
    }
  }
}

function openLeaf(context: ProvisionerContext, deps: Dependencies, leaf: ActivatedLeaf): LeafState {
  const state: LeafState = {
    leaf,
    bitfields: new Map(),
    waiting: [],
    isReady: false,
    job: undefined,
  };
  state.job = context.spawn("wait for bitfields", async (signal) => {
    if (!(await sleep(deps.clock, Math.floor(deps.slotMs * READY_SLOT_SHARE), signal))) return;
    state.isReady = true;
    for (const reply of state.waiting.splice(0)) assemble(context, deps, state, reply);
  });
  return state;
}

/** Whoever still waits for this leaf's data is told that there will be none. */
function dropLeaf(state: LeafState): void {
  state.job?.cancel();
  for (const reply of state.waiting.splice(0)) reply(err({ code: "leafNotActive" }));
}

function note(state: LeafState, { bitfield }: ProvisionableData): void {
  const known = state.bitfields.get(bitfield.validatorIndex) ?? [];
  if (known.length < BITFIELDS_PER_VALIDATOR_MAX)
    state.bitfields.set(bitfield.validatorIndex, [...known, bitfield]);
}

/** Answers one request, or says after `ASSEMBLY_MAX_MS` that it took too long. */
function assemble(
  context: ProvisionerContext,
  deps: Dependencies,
  state: LeafState,
  reply: InherentReply,
): void {
  let answered = false;
  const answer = (result: Result<ProvisionerInherentData, ProvisionerError>): void => {
    if (answered) return;
    answered = true;
    limit.cancel();
    reply(result);
  };
  const limit = deps.clock.setTimer(ASSEMBLY_MAX_MS, () => answer(err({ code: "timeout" })));
  context.spawn("assemble inherent data", async () => {
    const data = await inherentData(context, state);
    if (!data.ok) deps.logger.log("warn", TARGET, `no inherent data: ${describe(data.error)}`);
    answer(data);
  });
}

async function inherentData(
  context: ProvisionerContext,
  { leaf, bitfields: heard }: LeafState,
): Promise<Result<ProvisionerInherentData, ProvisionerError>> {
  const relayParent = leaf.hash;
  const choosing = disputeSets(context, relayParent);
  const cores = await unlessCancelled(
    context.ask("runtime-api", { type: "availabilityCores", relayParent, args: [] }),
  );
  if (cores === undefined || !cores.ok)
    return err({ code: "queryFailed", message: describe(cores?.error ?? "no cores") });
  const bitfields = selectBitfields(cores.value, [...heard.values()].flat());

  const { wanted, ancestors } = coreUse(cores.value, bitfields, leaf.number + 1);
  const chains = new Map<ParaId, readonly CandidateAt[]>();
  for (const [paraId, count] of wanted) {
    const chain = await unlessCancelled(
      context.ask("prospective-parachains", {
        type: "getBackableCandidates",
        leaf: relayParent,
        paraId,
        count,
        ancestors: ancestors.get(paraId) ?? NOTHING,
      }),
    );
    if (chain !== undefined && chain.length > 0) chains.set(paraId, chain);
  }
  if (chains.size === 0) return ok({ bitfields, backedCandidates: [], disputes: await choosing });
  const backed = await unlessCancelled(
    context.ask("candidate-backing", { type: "getBackableCandidates", candidates: chains }),
  );
  if (backed === undefined) return err({ code: "queryFailed", message: "backing gave no answer" });
  // Paras were asked for in the order of their cores.
  const inCoreOrder: BackedCandidate[] = [...chains.keys()].flatMap((paraId) => [
    ...(backed.get(paraId) ?? []),
  ]);
  const backedCandidates = withOneCodeUpgrade(inCoreOrder);
  return ok({ bitfields, backedCandidates, disputes: await choosing });
}

/** Votes that the chain lacks; none when the coordinator or the chain does not answer. */
async function disputeSets(
  context: ProvisionerContext,
  relayParent: Hash,
): Promise<readonly DisputeStatementSet[]> {
  const recent = await unlessCancelled(
    context.ask("dispute-coordinator", { type: "recentDisputes" }),
  );
  if (recent === undefined || recent.length === 0) return [];
  const active = await unlessCancelled(
    context.ask("dispute-coordinator", { type: "activeDisputes" }),
  );
  const entries = await queryRuntime(context, relayParent, "disputes");
  if (active === undefined || entries === undefined) return [];
  const onChain = onChainDisputes(entries);
  const urgent = inUrgency(recent, active, onChain);
  const chosen = new DisputeSets();
  for (let start = 0; start < urgent.length; start += VOTES_BATCH) {
    const disputes = urgent.slice(start, start + VOTES_BATCH);
    const entriesOf = await unlessCancelled(
      context.ask("dispute-coordinator", { type: "queryCandidateVotes", disputes }),
    );
    for (const entry of entriesOf ?? []) if (!chosen.add(entry, onChain(entry))) return chosen.sets;
  }
  return chosen.sets;
}
