/** A property of the fault catalogue that did not hold, and where. */
import type { BlockNumber, Hash } from "@parahost/primitives";

/** Names of the properties that are checked. Fault catalogue, section 1. */
export type Property =
  /** Finality never conflicts and never goes back. */
  | "S1"
  /** What is included is valid. */
  | "S2"
  /** What is included can be rebuilt from chunks. */
  | "S3"
  /** Heads form one chain, on cores that were scheduled for the para, backed by the group of the core. */
  | "S8";

/** What a checker found. */
export interface Problem {
  readonly property: Property;
  readonly text: string;
}

export interface Violation extends Problem {
  readonly number: BlockNumber;
  readonly hash: Hash;
}

export const problem = (property: Property, text: string): Problem => ({ property, text });

export const violationLine = ({ property, number, hash, text }: Violation): string =>
  `${property} violated at #${number} ${hash}: ${text}`;
