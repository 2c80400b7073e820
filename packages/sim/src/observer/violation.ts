/** A property of the fault catalogue that did not hold, and where. */
import type { BlockNumber, Hash } from "@parahost/primitives";

/** Names of the properties that are checked. Fault catalogue, section 1. */
export const PROPERTIES = {
  S1: "finality never conflicts and never goes back",
  S2: "what is final is valid",
  S3: "what is included can be rebuilt from honest chunks",
  S4: "equal blocks give equal states",
  S5: "honest votes are right",
  S6: "honest keys sign nothing that conflicts",
  S7: "nothing is built on, voted for or final over a lost dispute",
  S8: "heads form one chain, backed by the group of their core",
  A1: "who backed what is invalid pays, once",
  A2: "nobody honest is punished or banned",
  A3: "what is signed twice is reported",
  A4: "every offence is proven on chain",
  L1: "the relay chain grows",
  L2: "finality follows",
  L3: "paras advance",
  L4: "disputes conclude",
  L5: "finality settles after the last dispute",
  L7: "finality never needs a safety cap",
  R2: "what peers can fill is bounded",
} as const;
export type Property = keyof typeof PROPERTIES;

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
