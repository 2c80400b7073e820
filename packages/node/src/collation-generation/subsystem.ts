/**
 * On a collator: asks the para for its next block at each leaf on which it has a core, makes a
 * candidate of it and hands it to the collator protocol. Guide: Collation Generation.
 */
import { describe, type Logger } from "@parahost/base";
import type { Keystore } from "@parahost/crypto";
import type { ErasureCoder } from "@parahost/erasure";
import {
  type CollatorSignature,
  type CoreIndex,
  candidateHash,
  type Hash,
  type HeadData,
  isFeatureOn,
  type OccupiedCoreAssumption,
  type ParaId,
  type PersistedValidationData,
  paraHeadHash,
  type ValidationCodeHash,
} from "@parahost/primitives";
import { ImplicitView, type LeafView, openLeafView } from "../implicit-view.ts";
import type { Context } from "../overseer/context.ts";
import { oneShot, type Reply, unlessCancelled } from "../overseer/reply.ts";
import { queryRuntime } from "../runtime-api/query.ts";
import { buildCandidate, dataOfCollation } from "./candidate.ts";
import { collatableCore } from "./cores.ts";
import type {
  Collation,
  CollationGenerationConfig,
  CollationGenerationMessage,
  CollationSecondedSignal,
} from "./messages.ts";
import { type OwnCandidate, OwnChain } from "./own-chain.ts";

const TARGET = "parachain::collation-generation";

export type CollationGenerationSends = "runtime-api" | "chain-api" | "collator-protocol";
export type CollationGenerationContext = Context<"collation-generation", CollationGenerationSends>;

export interface Dependencies {
  readonly logger: Logger;
  readonly keystore: Keystore;
  readonly coder: ErasureCoder;
  /** The form in which block data travels and is stored. */
  compress(blockData: Uint8Array): Uint8Array;
}

interface State {
  readonly context: CollationGenerationContext;
  readonly deps: Dependencies;
  readonly view: ImplicitView;
  readonly own: OwnChain;
  config: CollationGenerationConfig | undefined;
}

export async function run(context: CollationGenerationContext, deps: Dependencies): Promise<void> {
  const view = new ImplicitView();
  const state: State = { context, deps, view, own: new OwnChain(), config: undefined };
  for await (const incoming of context.inbox) {
    if (incoming.from === "overseer") {
      const { signal } = incoming;
      if (signal.type === "conclude") return;
      if (signal.type !== "activeLeaves") continue;
      const { activated, deactivated } = signal;
      // First the new leaf, so that what it has in common with the old one stays.
      const opened =
        activated === undefined || state.config === undefined
          ? undefined
          : await openLeafView(context, activated);
      if (activated !== undefined && opened !== undefined) view.activate(activated.hash, opened);
      state.own.forgetRelayParents(view.deactivate(deactivated));
      const { config } = state;
      if (activated === undefined || opened === undefined || config === undefined) continue;
      context.spawn("collate", () => collateOn(state, config, activated.hash, opened));
      continue;
    }
    const { message } = incoming;
    switch (message.type) {
      case "initialize":
      case "reinitialize":
        state.config = message.config;
        await context.send("collator-protocol", {
          type: "collateOn",
          paraId: message.config.paraId,
        });
        break;
      case "submitCollation": {
        const { config } = state;
        if (config === undefined) message.onSeconded?.cancel();
        else context.spawn("submit collation", () => submit(state, config, message));
        break;
      }
    }
  }
}

/** Takes a collation that the para made on its own, if it builds on a head that the para may have. */
async function submit(
  state: State,
  config: CollationGenerationConfig,
  message: Extract<CollationGenerationMessage, { readonly type: "submitCollation" }>,
): Promise<void> {
  const { context, deps, own, view } = state;
  const { paraId } = config;
  const { relayParent } = message;
  const parentHeadHash = paraHeadHash(message.parentHead);
  const leaves = view.leavesOf(relayParent);
  const isAllowed = (hash: Hash): boolean =>
    view.leavesOf(hash).some((leaf) => leaves.includes(leaf));
  for (const type of ["included", "free"] as const) {
    const data = await queryRuntime(context, relayParent, "persistedValidationData", paraId, {
      type,
    });
    if (data === undefined) continue;
    const heads = [data.parentHead, ...own.from(data.parentHead, isAllowed).map(headOf)];
    const parentHead = heads.find((head) => paraHeadHash(head) === parentHeadHash);
    if (parentHead === undefined) continue;
    await distribute(state, config, {
      relayParent,
      coreIndex: message.coreIndex,
      validationData: { ...data, parentHead },
      validationCodeHash: message.validationCodeHash,
      collation: message.collation,
      onSeconded: message.onSeconded,
    });
    return;
  }
  deps.logger.log("debug", TARGET, "submitted collation builds on another head");
  message.onSeconded?.cancel();
}

const headOf = ({ headData }: OwnCandidate): HeadData => headData;

async function collateOn(
  state: State,
  config: CollationGenerationConfig,
  relayParent: Hash,
  view: LeafView,
): Promise<void> {
  const { context, deps } = state;
  const { paraId, collator } = config;
  if (collator === undefined) return;
  const cores = await queryRuntime(context, relayParent, "availabilityCores");
  const place = cores === undefined ? undefined : collatableCore(cores, paraId);
  if (place === undefined) return;
  const onChain = await paraData(context, relayParent, paraId, place.assumption);
  if (onChain === undefined) {
    deps.logger.log("debug", TARGET, "no head or no code to build on", { paraId, relayParent });
    return;
  }
  const data = await behindOwnChain(state, paraId, relayParent, view, onChain);
  if (data === undefined) return;
  const result = await collator(relayParent, data.validationData, data.validationCodeHash);
  if (result === undefined) return;
  await distribute(state, config, { relayParent, coreIndex: place.core, ...data, ...result });
}

/**
 * What a block behind our own candidates that the relay chain may yet take is validated with; `undefined`
 * when there are as many as it allows.
 */
async function behindOwnChain(
  { context, own }: State,
  paraId: ParaId,
  relayParent: Hash,
  { params, relayParents }: LeafView,
  onChain: ParaData,
): Promise<ParaData | undefined> {
  if (params.maxCandidateDepth === 0) return onChain;
  const { validationData, validationCodeHash } = onChain;
  const allowed = new Set(relayParents.map(({ hash }) => hash));
  const chain = own.from(validationData.parentHead, (hash) => allowed.has(hash));
  const last = chain.at(-1);
  if (last === undefined) return onChain;
  const backing = await queryRuntime(context, relayParent, "paraBackingState", paraId);
  if (backing === undefined) return undefined;
  const { constraints, pendingAvailability } = backing;
  if (chain.length + pendingAvailability.length > params.maxCandidateDepth) return undefined;
  // An announced upgrade is in force behind the first candidate whose relay parent has reached its block.
  const upgrade = constraints.futureValidationCode;
  const isReached = upgrade !== undefined && last.relayParentNumber >= upgrade.expectedAt;
  return {
    validationData: { ...validationData, parentHead: last.headData },
    validationCodeHash: isReached ? upgrade.codeHash : validationCodeHash,
  };
}

interface ParaData {
  readonly validationData: PersistedValidationData;
  readonly validationCodeHash: ValidationCodeHash;
}

async function paraData(
  context: CollationGenerationContext,
  relayParent: Hash,
  paraId: CollationGenerationConfig["paraId"],
  assumption: OccupiedCoreAssumption,
): Promise<ParaData | undefined> {
  const validationData = await queryRuntime(
    context,
    relayParent,
    "persistedValidationData",
    paraId,
    assumption,
  );
  const validationCodeHash = await queryRuntime(
    context,
    relayParent,
    "validationCodeHash",
    paraId,
    assumption,
  );
  if (validationData === undefined || validationCodeHash === undefined) return undefined;
  return { validationData, validationCodeHash };
}

interface ToDistribute extends ParaData {
  readonly relayParent: Hash;
  readonly coreIndex: CoreIndex;
  readonly collation: Collation;
  readonly onSeconded: Reply<CollationSecondedSignal> | undefined;
}

async function distribute(
  { context, deps, own, view }: State,
  { paraId, key }: CollationGenerationConfig,
  {
    relayParent,
    coreIndex,
    validationData,
    validationCodeHash,
    collation,
    onSeconded,
  }: ToDistribute,
): Promise<void> {
  const validators = await queryRuntime(context, relayParent, "validators");
  const sessionIndex = await queryRuntime(context, relayParent, "sessionIndexForChild");
  if (validators === undefined || sessionIndex === undefined) {
    onSeconded?.cancel();
    return;
  }
  const features = await queryRuntime(context, relayParent, "nodeFeatures", sessionIndex);
  const usesV2 = features !== undefined && isFeatureOn(features, "candidateReceiptV2");
  const candidate = {
    paraId,
    relayParent,
    coreIndex,
    sessionIndex,
    validatorCount: validators.length,
    validationData,
    validationCodeHash,
    descriptorVersion: usesV2 ? 2 : 1,
  } as const;
  const travelling = { ...collation, pov: { blockData: deps.compress(collation.pov.blockData) } };
  const data = dataOfCollation(candidate, travelling);
  const built = data.ok
    ? buildCandidate(
        candidate,
        travelling,
        await deps.coder.root(validators.length, data.value),
        key,
        (message) => deps.keystore.sign("coll", key, message) as CollatorSignature | undefined,
      )
    : data;
  if (!built.ok) {
    deps.logger.log(
      "warn",
      TARGET,
      `collation cannot become a candidate: ${describe(built.error)}`,
    );
    onSeconded?.cancel();
    return;
  }
  const { receipt } = built.value;
  const hash = candidateHash(receipt);
  const parentHeadHash = paraHeadHash(validationData.parentHead);
  if (view.has(relayParent))
    own.add({
      hash,
      relayParent,
      relayParentNumber: validationData.relayParentNumber,
      parentHeadHash,
      headData: collation.headData,
    });
  const { reply, answer } = oneShot<CollationSecondedSignal>("a collation that is seconded");
  void unlessCancelled(answer).then((seconded) => {
    if (seconded === undefined) {
      onSeconded?.cancel();
      return;
    }
    own.markSeconded(hash);
    onSeconded?.(seconded);
  });
  await context.send("collator-protocol", {
    type: "distributeCollation",
    candidateReceipt: receipt,
    parentHeadDataHash: parentHeadHash,
    pov: built.value.pov,
    parentHeadData: validationData.parentHead,
    onSeconded: reply,
    coreIndex,
  });
}
