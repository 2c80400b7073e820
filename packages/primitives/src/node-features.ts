/** Features that a session has switched on for its nodes; bits of the configuration. Reference: runtime 1.5. */
import { type BitVec, bitAt, bitsAt, bitVec } from "@parahost/scale";

export const NODE_FEATURES = {
  /** Compact tranche-0 certificates. */
  assignmentsV2: 0,
  /** Backed candidates carry their core index. */
  elasticScaling: 1,
  /** Chunks are spread by core: a validator's chunk has not its own index. */
  availabilityChunkMapping: 2,
  /** Version 2 candidate descriptors. */
  candidateReceiptV2: 3,
} as const;
export type NodeFeature = keyof typeof NODE_FEATURES;

/** One bit per feature; those beyond the end are off. */
export const NodeFeatures = bitVec();
export type NodeFeatures = BitVec;

export function isFeatureOn(features: NodeFeatures, feature: NodeFeature): boolean {
  return bitAt(features, NODE_FEATURES[feature]);
}

export function nodeFeatures(...features: readonly NodeFeature[]): NodeFeatures {
  const bits = features.map((feature) => NODE_FEATURES[feature]);
  return bitsAt(bits.length === 0 ? 0 : Math.max(...bits) + 1, bits);
}
