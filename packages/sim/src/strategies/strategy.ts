/**
 * One way of being faulty: the node's own code with one behaviour replaced. A strategy knows nothing of others;
 * several on one validator are composed.
 */
import type { NodeColumn } from "@parahost/node/service/node";
import type { ParaId } from "@parahost/primitives";
import type { CrashingStore } from "@parahost/storage/testing/crashing-store";
import type { Replacement } from "../local-network.ts";
import type { Villain } from "./villain.ts";

export interface Strategy {
  /** Of the fault catalogue, section 4. */
  readonly id: string;
  /** What it does, for people. */
  readonly does: string;
  /**
   * True for a validator that is only unlucky: it keeps every promise but to be there. Safety is asserted of it
   * as of an honest one.
   */
  readonly keepsPromises?: boolean;
  /** True where there must be others in its backing group. */
  readonly needsPartners?: boolean;
  /** True where a second process runs with its keys. */
  readonly hasTwin?: boolean;
  /** What is replaced. The villain's `simulation` is there only when something happens. */
  corrupt(villain: Villain): Replacement;
  /** The disk that its node has instead of a sound one. */
  disk?(villain: Villain): CrashingStore<NodeColumn>;
  /** The collators that play into its hands. */
  corruptCollator?(villain: Villain, para: ParaId): Replacement;
  /** What it does beside its node, once the network has started. */
  start?(villain: Villain): void;
}

/** All of them in one node: later ones stand between the node and the earlier. */
export function composed(replacements: readonly Replacement[]): Replacement {
  return {
    ports: (own) =>
      replacements.reduce((ports, { ports: replace }) => replace?.(ports) ?? ports, own),
    subsystems: (own) =>
      replacements.reduce((so, { subsystems: replace }) => replace?.(so) ?? so, own),
  };
}
