/**
 * Builds a block on a parent: inherents first, then transactions of the pool, best first, as long as
 * the budget of time and the runtime's limits of weight and length allow. Reference: consensus 1.7.
 */
import { assert, type Clock, err, ok, type Result } from "@parahost/base";
import type { Digest, Hash, Header, OpaqueExtrinsic } from "@parahost/primitives";
import {
  applyExtrinsic,
  type ClaimError,
  finalizeBlock,
  type InherentData,
  inherentExtrinsics,
  initializeBlock,
} from "@parahost/runtime";
import type { Overlay } from "@parahost/trie";
import type { TransactionPool } from "../transaction-pool/pool.ts";
import type { ChainStates } from "./chain-states.ts";

/** Transactions that may be too large for what is left of the block before building ends. */
const SKIPS_MAX = 8;

export interface BuiltBlock {
  /** Without the seal. */
  readonly header: Header;
  readonly extrinsics: readonly OpaqueExtrinsic[];
  /** The state after the block: importing it need not execute it again. */
  readonly state: Overlay;
}

export type BuildError =
  | { readonly code: "noState"; readonly parent: Hash }
  | { readonly code: "claimRefused"; readonly cause: ClaimError };

export interface BlockToBuild {
  readonly parentHash: Hash;
  readonly number: number;
  /** The author's items: its claim of the slot. */
  readonly digest: Digest;
  readonly inherents: InherentData;
  /** No transaction is begun after this time. */
  readonly deadlineMs: number;
}

export function buildBlock(
  states: ChainStates,
  pool: TransactionPool,
  clock: Clock,
  { parentHash, number, digest, inherents, deadlineMs }: BlockToBuild,
): Result<BuiltBlock, BuildError> {
  const state = states.toExecuteOn(parentHash);
  if (state === undefined) return err({ code: "noState", parent: parentHash });
  const opened = initializeBlock(state, { parentHash, number, digest });
  if (!opened.ok) return err({ code: "claimRefused", cause: opened.error });
  const extrinsics: OpaqueExtrinsic[] = [];
  for (const inherent of inherentExtrinsics(state, inherents)) {
    const applied = applyExtrinsic(state, inherent);
    assert(applied.ok, "the runtime takes the inherents that it made itself");
    extrinsics.push(inherent);
  }
  let skips = 0;
  for (const { hash, extrinsic } of pool.ready()) {
    if (clock.now() >= deadlineMs || skips >= SKIPS_MAX) break;
    const applied = applyExtrinsic(state, extrinsic);
    if (applied.ok) {
      extrinsics.push(extrinsic);
      continue;
    }
    if (applied.error.code !== "invalid") continue;
    const { reason } = applied.error;
    if (reason.type === "invalid" && reason.value.type === "exhaustsResources") skips += 1;
    // A nonce ahead may yet be filled by what another node has.
    else if (reason.type !== "invalid" || reason.value.type !== "future")
      pool.removeInvalid(hash, reason);
  }
  return ok({ header: finalizeBlock(state), extrinsics, state });
}
