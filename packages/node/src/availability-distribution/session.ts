/** What fetching needs to know of a session: who is who in it, and which chunk is ours. */
import { expectOk } from "@parahost/base";
import type { Keystore } from "@parahost/crypto";
import { chunkIndexFor } from "@parahost/erasure";
import {
  type CoreIndex,
  type GroupIndex,
  type Hash,
  isFeatureOn,
  type SessionIndex,
  type SessionInfo,
  type ValidatorIndex,
} from "@parahost/primitives";
import { queryRuntime, type RuntimeAsker } from "../runtime-api/query.ts";

export interface Session {
  readonly index: SessionIndex;
  readonly info: SessionInfo;
  /** Absent when we are no validator of the session. */
  readonly ourIndex: ValidatorIndex | undefined;
  readonly isChunkMappingOn: boolean;
}

/** The session of the block's child. Every leaf asks anew: forks may disagree about a session. */
export async function sessionAt(
  asker: RuntimeAsker,
  keystore: Keystore,
  block: Hash,
): Promise<Session | undefined> {
  const index = await queryRuntime(asker, block, "sessionIndexForChild");
  if (index === undefined) return undefined;
  const info = await queryRuntime(asker, block, "sessionInfo", index);
  const features = await queryRuntime(asker, block, "nodeFeatures", index);
  if (info === undefined || features === undefined) return undefined;
  const own = new Set<string>(keystore.publicKeys("para"));
  const found = info.validators.findIndex((key) => own.has(key));
  return {
    index,
    info,
    ourIndex: found === -1 ? undefined : (found as ValidatorIndex),
    isChunkMappingOn: isFeatureOn(features, "availabilityChunkMapping"),
  };
}

/** The index of the chunk that the validator holds of the candidate on the core. */
export function chunkIndexOf(session: Session, validator: ValidatorIndex, core: CoreIndex): number {
  const { info, isChunkMappingOn } = session;
  return expectOk(
    chunkIndexFor(validator, core, info.validators.length, isChunkMappingOn),
    "a session has enough validators",
  );
}

/** Whom to ask for chunks of the group's candidate: its members but us, those that failed us last. */
export function askingOrder(
  session: Session,
  group: GroupIndex,
  failed: ReadonlySet<ValidatorIndex>,
  shuffle: (validators: ValidatorIndex[]) => ValidatorIndex[],
): readonly ValidatorIndex[] {
  const members = (session.info.validatorGroups[group] ?? []).filter(
    (validator) => validator !== session.ourIndex,
  );
  const order = shuffle([...members]);
  return [
    ...order.filter((validator) => !failed.has(validator)),
    ...order.filter((validator) => failed.has(validator)),
  ];
}
