/** From a parachain block to a candidate, on the collator. Guide: Collation Generation. */
import type {
  CollatorId,
  CoreIndex,
  Hash,
  ParaId,
  PersistedValidationData,
  PoV,
  SignedStatement,
  ValidationCodeHash,
} from "@parahost/primitives";
import type { Reply } from "../overseer/reply.ts";

/** What a parachain block produced, before it becomes a candidate. */
export interface Collation {
  readonly upwardMessages: readonly Uint8Array[];
  readonly horizontalMessages: readonly { readonly recipient: ParaId; readonly data: Uint8Array }[];
  readonly newValidationCode: Uint8Array | undefined;
  readonly headData: Uint8Array;
  /** Not yet compressed. */
  readonly pov: PoV;
  readonly processedDownwardMessages: number;
  readonly hrmpWatermark: number;
}

/** A collation, and where to say that a validator seconded it. */
export interface CollationResult {
  readonly collation: Collation;
  readonly onSeconded: Reply<CollationSecondedSignal> | undefined;
}

export interface CollationSecondedSignal {
  readonly relayParent: Hash;
  readonly statement: SignedStatement;
}

/** Builds the next block of the para on the given head; `undefined` when there is nothing to build. */
export type CollatorFunction = (
  relayParent: Hash,
  validationData: PersistedValidationData,
  /** Of what validators will run for the candidate. */
  codeHash: ValidationCodeHash,
) => Promise<CollationResult | undefined>;

export interface CollationGenerationConfig {
  /** The collator key; the keystore holds its secret under the key type `coll`. */
  readonly key: CollatorId;
  readonly paraId: ParaId;
  /** Absent when the para submits its collations itself. */
  readonly collator: CollatorFunction | undefined;
}

export type CollationGenerationMessage =
  | { readonly type: "initialize"; readonly config: CollationGenerationConfig }
  /** Replaces the configuration. */
  | { readonly type: "reinitialize"; readonly config: CollationGenerationConfig }
  | {
      readonly type: "submitCollation";
      readonly relayParent: Hash;
      readonly collation: Collation;
      readonly parentHead: Uint8Array;
      readonly validationCodeHash: ValidationCodeHash;
      readonly onSeconded: Reply<CollationSecondedSignal> | undefined;
      readonly coreIndex: CoreIndex;
    };
