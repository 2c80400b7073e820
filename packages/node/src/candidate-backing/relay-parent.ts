/** What backing knows of one relay parent on which it works. */
import type { Keystore, KeyTypeId } from "@parahost/crypto";
import {
  type AsyncBackingParams,
  asValidatorIndex,
  type BlockNumber,
  backingThreshold,
  type CandidateHash,
  type ExecutorParams,
  type GroupIndex,
  type Hash,
  isFeatureOn,
  type NodeFeatures,
  type SigningContext,
  type ValidatorId,
  type ValidatorIndex,
} from "@parahost/primitives";
import { type BackingCore, backingCores, groupOf } from "../backing-groups/backing-cores.ts";
import { queryRuntime, type RuntimeAsker } from "../runtime-api/query.ts";
import { StatementTable } from "./statement-table.ts";

export const VALIDATOR_KEY: KeyTypeId = "para";

/** Ourselves among the validators. */
export interface LocalValidator {
  readonly index: ValidatorIndex;
  readonly key: ValidatorId;
  /** The core that our group serves, when a para can take it. */
  readonly core: BackingCore | undefined;
}

export interface RelayParent {
  readonly hash: Hash;
  readonly number: BlockNumber;
  /** Candidates that a validator may second here. */
  readonly secondedMax: number;
  /** Blocks behind a leaf that this may be and still be worked on. */
  readonly ancestry: number;
  readonly signingContext: SigningContext;
  readonly validators: readonly ValidatorId[];
  readonly disabled: ReadonlySet<ValidatorIndex>;
  readonly executorParams: ExecutorParams;
  readonly features: NodeFeatures;
  /** Absent when we are no validator: we tally and never sign. */
  readonly local: LocalValidator | undefined;
  readonly table: StatementTable;
  /** Candidates that may become part of a chain, as far as prospective parachains knows. */
  readonly viable: Set<CandidateHash>;
  /** Candidates that we are done with: signed, found invalid, or given up. */
  readonly issued: Set<CandidateHash>;
  /** Candidates being fetched and validated now. */
  readonly awaiting: Set<CandidateHash>;
  /** Validators that attest a candidate and could give its PoV, in the order of their statements. */
  readonly fallbacks: Map<CandidateHash, ValidatorIndex[]>;
}

/**
 * Everything about a new relay parent, asked of the runtime; `undefined` when an answer is missing.
 * Node-side reference, 5.10 "Start".
 */
export async function openRelayParent(
  context: RuntimeAsker,
  keystore: Keystore,
  hash: Hash,
  number: BlockNumber,
  params: AsyncBackingParams,
): Promise<RelayParent | undefined> {
  const secondedMax = params.maxCandidateDepth + 1;
  const session = await queryRuntime(context, hash, "sessionIndexForChild");
  const validators = await queryRuntime(context, hash, "validators");
  const groups = await queryRuntime(context, hash, "validatorGroups");
  const coreStates = await queryRuntime(context, hash, "availabilityCores");
  const disabled = await queryRuntime(context, hash, "disabledValidators");
  if (
    session === undefined ||
    validators === undefined ||
    groups === undefined ||
    coreStates === undefined ||
    disabled === undefined
  )
    return undefined;
  const minimumVotes = await queryRuntime(context, hash, "minimumBackingVotes", session);
  const features = await queryRuntime(context, hash, "nodeFeatures", session);
  const executorParams = await queryRuntime(context, hash, "sessionExecutorParams", session);
  if (minimumVotes === undefined || features === undefined || executorParams === undefined)
    return undefined;
  const cores = backingCores(coreStates, groups);
  return {
    hash,
    number,
    secondedMax,
    ancestry: params.allowedAncestryLen,
    signingContext: { sessionIndex: session, parentHash: hash },
    validators,
    disabled: new Set(disabled),
    executorParams,
    features,
    local: findLocal(keystore, validators, groups.groups, cores),
    table: new StatementTable({
      cores,
      secondedMax,
      threshold: (groupSize) => backingThreshold(groupSize, minimumVotes),
      carriesCoreIndex: isFeatureOn(features, "elasticScaling"),
    }),
    viable: new Set(),
    issued: new Set(),
    awaiting: new Set(),
    fallbacks: new Map(),
  };
}

function findLocal(
  keystore: Keystore,
  validators: readonly ValidatorId[],
  groups: readonly (readonly ValidatorIndex[])[],
  cores: readonly BackingCore[],
): LocalValidator | undefined {
  const position = validators.findIndex((key) => keystore.has(VALIDATOR_KEY, key));
  const key = validators[position];
  if (key === undefined) return undefined;
  const index = asValidatorIndex(position);
  const group: GroupIndex | undefined = groupOf(groups, index);
  return { index, key, core: cores.find((core) => core.group === group) };
}
