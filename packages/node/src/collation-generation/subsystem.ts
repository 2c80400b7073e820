/**
 * On a collator: asks the para for its next block at each leaf on which it has a core, makes a
 * candidate of it and hands it to the collator protocol. Guide: Collation Generation.
 */
import { describe, type Logger } from "@parahost/base";
import type { Keystore } from "@parahost/crypto";
import {
  type CollatorSignature,
  type CoreIndex,
  type Hash,
  isFeatureOn,
  type OccupiedCoreAssumption,
  type PersistedValidationData,
  paraHeadHash,
  type ValidationCodeHash,
} from "@parahost/primitives";
import type { Context } from "../overseer/context.ts";
import type { Reply } from "../overseer/reply.ts";
import { queryRuntime } from "../runtime-api/query.ts";
import { buildCandidate } from "./candidate.ts";
import { collatableCore } from "./cores.ts";
import type { Collation, CollationGenerationConfig, CollationSecondedSignal } from "./messages.ts";

const TARGET = "parachain::collation-generation";

export type CollationGenerationContext = Context<
  "collation-generation",
  "runtime-api" | "collator-protocol"
>;

export interface Dependencies {
  readonly logger: Logger;
  readonly keystore: Keystore;
  /** The form in which block data travels and is stored. */
  compress(blockData: Uint8Array): Uint8Array;
}

export async function run(context: CollationGenerationContext, deps: Dependencies): Promise<void> {
  let config: CollationGenerationConfig | undefined;
  for await (const incoming of context.inbox) {
    if (incoming.from === "overseer") {
      const { signal } = incoming;
      if (signal.type === "conclude") return;
      if (signal.type !== "activeLeaves" || signal.activated === undefined) continue;
      if (config?.collator === undefined) continue;
      const { hash } = signal.activated;
      const current = config;
      context.spawn("collate", () => collateOn(context, deps, current, hash));
      continue;
    }
    const { message } = incoming;
    switch (message.type) {
      case "initialize":
      case "reinitialize":
        config = message.config;
        await context.send("collator-protocol", { type: "collateOn", paraId: config.paraId });
        break;
      case "submitCollation": {
        if (config === undefined) {
          message.onSeconded?.cancel();
          break;
        }
        const current = config;
        context.spawn("submit collation", async () => {
          const { paraId } = current;
          const { relayParent } = message;
          const candidates = [
            await queryRuntime(context, relayParent, "persistedValidationData", paraId, {
              type: "included",
            }),
            await queryRuntime(context, relayParent, "persistedValidationData", paraId, {
              type: "free",
            }),
          ];
          const parentHeadHash = paraHeadHash(message.parentHead);
          const matching = candidates.find(
            (data) => data !== undefined && paraHeadHash(data.parentHead) === parentHeadHash,
          );
          if (matching === undefined) {
            deps.logger.log("debug", TARGET, "submitted collation builds on another head");
            message.onSeconded?.cancel();
            return;
          }
          await distribute(context, deps, current, {
            relayParent: message.relayParent,
            coreIndex: message.coreIndex,
            validationData: matching,
            validationCodeHash: message.validationCodeHash,
            collation: message.collation,
            onSeconded: message.onSeconded,
          });
        });
        break;
      }
    }
  }
}

async function collateOn(
  context: CollationGenerationContext,
  deps: Dependencies,
  config: CollationGenerationConfig,
  relayParent: Hash,
): Promise<void> {
  const { paraId, collator } = config;
  if (collator === undefined) return;
  const cores = await queryRuntime(context, relayParent, "availabilityCores");
  const place = cores === undefined ? undefined : collatableCore(cores, paraId);
  if (place === undefined) return;
  const data = await paraData(context, relayParent, paraId, place.assumption);
  if (data === undefined) {
    deps.logger.log("debug", TARGET, "no head or no code to build on", { paraId, relayParent });
    return;
  }
  const result = await collator(relayParent, data.validationData);
  if (result === undefined) return;
  await distribute(context, deps, config, {
    relayParent,
    coreIndex: place.core,
    ...data,
    ...result,
  });
}

async function paraData(
  context: CollationGenerationContext,
  relayParent: Hash,
  paraId: CollationGenerationConfig["paraId"],
  assumption: OccupiedCoreAssumption,
): Promise<
  | {
      readonly validationData: PersistedValidationData;
      readonly validationCodeHash: ValidationCodeHash;
    }
  | undefined
> {
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

interface ToDistribute {
  readonly relayParent: Hash;
  readonly coreIndex: CoreIndex;
  readonly validationData: PersistedValidationData;
  readonly validationCodeHash: ValidationCodeHash;
  readonly collation: Collation;
  readonly onSeconded: Reply<CollationSecondedSignal> | undefined;
}

async function distribute(
  context: CollationGenerationContext,
  deps: Dependencies,
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
  const built = buildCandidate(
    {
      paraId,
      relayParent,
      coreIndex,
      sessionIndex,
      validatorCount: validators.length,
      validationData,
      validationCodeHash,
      descriptorVersion: usesV2 ? 2 : 1,
    },
    { ...collation, pov: { blockData: deps.compress(collation.pov.blockData) } },
    key,
    (message) => deps.keystore.sign("coll", key, message) as CollatorSignature | undefined,
  );
  if (!built.ok) {
    deps.logger.log(
      "warn",
      TARGET,
      `collation cannot become a candidate: ${describe(built.error)}`,
    );
    onSeconded?.cancel();
    return;
  }
  await context.send("collator-protocol", {
    type: "distributeCollation",
    candidateReceipt: built.value.receipt,
    parentHeadDataHash: paraHeadHash(validationData.parentHead),
    pov: built.value.pov,
    parentHeadData: validationData.parentHead,
    onSeconded,
    coreIndex,
  });
}
