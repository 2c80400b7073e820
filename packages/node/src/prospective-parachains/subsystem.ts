/**
 * Prospective parachains: knows under every leaf which candidates can follow one another, so that a
 * candidate may build on one that is not included yet, at a relay parent that is not the leaf. With an
 * allowed ancestry and a candidate depth of 0 that comes down to the guide's rule: a candidate builds on the
 * leaf and on the head that the leaf has for its para. Guide: Prospective Parachains; node-side reference, 5.9.
 */
import { type Logger, LruMap, unreachable } from "@parahost/base";
import {
  type Hash,
  type HeadData,
  type ParaId,
  type PersistedValidationData,
  paraHeadHash,
} from "@parahost/primitives";
import { ImplicitView, openLeafView, type RelayBlock } from "../implicit-view.ts";
import type { Context } from "../overseer/context.ts";
import { unlessCancelled } from "../overseer/reply.ts";
import type { ActivatedLeaf } from "../overseer/signal.ts";
import { queryRuntime } from "../runtime-api/query.ts";
import { Candidates } from "./candidates.ts";
import type { RelayParent } from "./constraints.ts";
import { backableChain, isMember, validationDataFor } from "./fragment-chain.ts";
import type { HypotheticalCandidate, ProspectiveParachainsMessage } from "./messages.ts";
import { type ParaScope, paraScope, positionBehind, type Scope, timingOut } from "./scope.ts";

const TARGET = "parachain::prospective-parachains";
/** Heads remembered to have been built on. */
const PAST_HEADS_MAX = 4096;

export type ProspectiveParachainsSends = "runtime-api" | "chain-api";
export type ProspectiveParachainsContext = Context<
  "prospective-parachains",
  ProspectiveParachainsSends
>;

export interface Dependencies {
  readonly logger: Logger;
}

interface State {
  readonly context: ProspectiveParachainsContext;
  readonly deps: Dependencies;
  readonly view: ImplicitView;
  readonly scopes: Map<Hash, Scope>;
  readonly candidates: Candidates;
  /** Heads on which some leaf's chain has built, by para and hash. */
  readonly pastHeads: LruMap<string, true>;
}

export async function run(
  context: ProspectiveParachainsContext,
  deps: Dependencies,
): Promise<void> {
  const state: State = {
    context,
    deps,
    view: new ImplicitView(),
    scopes: new Map(),
    candidates: new Candidates(),
    pastHeads: new LruMap(PAST_HEADS_MAX),
  };
  for await (const incoming of context.inbox) {
    if (incoming.from === "subsystem") {
      handle(state, incoming.message);
      continue;
    }
    const { signal } = incoming;
    if (signal.type === "conclude") return;
    if (signal.type !== "activeLeaves") continue;
    // First the new leaf, so that what it has in common with the old one stays.
    if (signal.activated !== undefined) await openLeaf(state, signal.activated);
    for (const leaf of signal.deactivated) state.scopes.delete(leaf);
    state.candidates.forgetRelayParents(state.view.deactivate(signal.deactivated));
  }
}

// Leaves

async function openLeaf(state: State, leaf: ActivatedLeaf): Promise<void> {
  const { context, deps, scopes, view } = state;
  const opened = await openLeafView(context, leaf);
  const cores = await queryRuntime(context, leaf.hash, "availabilityCores");
  const claims = await queryRuntime(context, leaf.hash, "claimQueue");
  if (opened === undefined || cores === undefined || claims === undefined) {
    deps.logger.log("warn", TARGET, "no runtime data, no candidates at this leaf", {
      leaf: leaf.hash,
    });
    return;
  }
  const late = timingOut(cores, leaf.number + 1);
  const paras = new Map<ParaId, ParaScope>();
  for (const para of new Set([...claims.values()].flat())) {
    const backing = await queryRuntime(context, leaf.hash, "paraBackingState", para);
    if (backing === undefined) continue;
    const { maxCandidateDepth } = opened.params;
    const scope = paraScope(backing, maxCandidateDepth, (candidate) => late.has(candidate));
    paras.set(para, scope);
    notePast(state, para, scope);
  }
  const relayParents = await relayParentsOf(state, opened.relayParents);
  view.activate(leaf.hash, opened);
  scopes.set(leaf.hash, { leaf: leaf.hash, relayParents, paras });
}

/** All but the newest head have been built on. */
function notePast({ pastHeads }: State, para: ParaId, { base, pending }: ParaScope): void {
  for (const { constraints } of pending.length === 0 ? [] : [base, ...pending.slice(0, -1)])
    pastHeads.set(headKey(para, constraints.requiredParent), true);
}

const keyOf = (para: ParaId, headHash: Hash): string => `${para} ${headHash}`;
const headKey = (para: ParaId, head: HeadData): string => keyOf(para, paraHeadHash(head));

/** The blocks with their state roots, as far as their headers are there. */
async function relayParentsOf(
  { context, scopes }: State,
  blocks: readonly RelayBlock[],
): Promise<ReadonlyMap<Hash, RelayParent>> {
  const known = new Map([...scopes.values()].flatMap(({ relayParents }) => [...relayParents]));
  const found = new Map<Hash, RelayParent>();
  for (const { hash, number } of blocks) {
    const before = known.get(hash);
    if (before !== undefined) {
      found.set(hash, before);
      continue;
    }
    const header = await unlessCancelled(context.ask("chain-api", { type: "blockHeader", hash }));
    if (header?.ok === true && header.value !== undefined)
      found.set(hash, { hash, number, storageRoot: header.value.stateRoot });
  }
  return found;
}

// Messages

function handle(state: State, message: ProspectiveParachainsMessage): void {
  switch (message.type) {
    case "introduceSecondedCandidate": {
      const { candidateHash, receipt, persistedValidationData, reply } = message;
      if (state.view.has(receipt.descriptor.relayParent))
        state.candidates.add(candidateHash, receipt, persistedValidationData);
      const candidate = {
        type: "complete",
        candidateHash,
        receipt,
        persistedValidationData,
      } as const;
      reply(membership(state, candidate).length > 0);
      return;
    }
    case "candidateBacked":
      state.candidates.markBacked(message.paraId, message.candidateHash);
      return;
    case "getBackableCandidates":
      message.reply(backable(state, message));
      return;
    case "getHypotheticalMembership":
      message.reply(membership(state, message.candidate));
      return;
    case "getProspectiveValidationData":
      message.reply(validationData(state, message));
      return;
    default:
      unreachable(message);
  }
}

type OfType<Type> = Extract<ProspectiveParachainsMessage, { readonly type: Type }>;

function backable(
  { scopes, candidates }: State,
  { ancestors, count, leaf, paraId }: OfType<"getBackableCandidates">,
) {
  const scope = scopes.get(leaf);
  const para = scope?.paras.get(paraId);
  if (scope === undefined || para === undefined) return [];
  const waiting = new Set(para.pending.map(({ candidateHash }) => candidateHash));
  const others = candidates.of(paraId).filter(({ hash }) => !waiting.has(hash));
  return backableChain(scope, positionBehind(para, ancestors), others, count).map(
    ({ hash, receipt }) => ({ candidateHash: hash, relayParent: receipt.descriptor.relayParent }),
  );
}

/** Candidates that would make a member of each other are none: each has to fit without itself. */
function membership(
  { candidates, pastHeads, scopes }: State,
  candidate: HypotheticalCandidate,
): readonly Hash[] {
  const paraId =
    candidate.type === "complete" ? candidate.receipt.descriptor.paraId : candidate.paraId;
  const others = candidates.of(paraId).filter(({ hash }) => hash !== candidate.candidateHash);
  return [...scopes.values()].flatMap((scope) => {
    const para = scope.paras.get(paraId);
    const isPast = (head: Hash): boolean => pastHeads.get(keyOf(paraId, head)) === true;
    const isOne = para !== undefined && isMember(scope, para, others, candidate, isPast);
    return isOne ? [scope.leaf] : [];
  });
}

/** The same under every leaf that knows the relay parent, unless forks disagree about limits. */
function validationData(
  { candidates, scopes }: State,
  { paraId, parentHead, relayParent }: OfType<"getProspectiveValidationData">,
): PersistedValidationData | undefined {
  for (const scope of scopes.values()) {
    const para = scope.paras.get(paraId);
    if (para === undefined) continue;
    const known = candidates.of(paraId);
    const data = validationDataFor(scope, para, known, relayParent, parentHead);
    if (data !== undefined) return data;
  }
  return undefined;
}
