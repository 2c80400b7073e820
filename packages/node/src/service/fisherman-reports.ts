/**
 * A fisherman's bonded reports on their way to the chain: transactions signed by its account, which pays the
 * bond. They are made for the best chain; where the including block lies on another one the report waits in the
 * pool until that is best, or for ever. Reference: runtime and primitives 4.7.1.
 */
import { bytesToHex, describe, type Logger, type Result } from "@parahost/base";
import type { Chain } from "@parahost/consensus";
import type { KeyPair } from "@parahost/crypto";
import type { AccountId, Balance, Nonce } from "@parahost/primitives";
import { accountOf, nonceTag, runtimeApi, type State, signExtrinsic } from "@parahost/runtime";
import type { Overlay } from "@parahost/trie";
import type { BadCandidate } from "../fisherman/subsystem.ts";
import type { TransactionPool } from "../transaction-pool/pool.ts";
import type { ChainStates } from "./chain-states.ts";

const TARGET = "fisherman";

export interface FishermanReportParts {
  readonly chain: Pick<Chain<Overlay>, "best" | "genesisHash">;
  readonly states: Pick<ChainStates, "view">;
  readonly pool: TransactionPool;
  readonly logger: Logger;
  readonly submit: (extrinsic: Uint8Array) => Result<unknown, unknown>;
}

/** Stakes `stake`, or the least that the chain asks for if that is more. */
export function reportBadCandidate(
  { chain, states, pool, logger, submit }: FishermanReportParts,
  pair: KeyPair,
  stake: Balance,
  { kind, ...candidate }: BadCandidate,
): void {
  const state = states.view(chain.best().hash);
  if (state === undefined) return;
  const least = runtimeApi.fishermanMinimumBond(state);
  const bond = stake > least ? stake : least;
  const call = {
    type: "fishermen",
    value: {
      type: kind === "invalid" ? "reportInvalid" : "reportUnavailable",
      value: { ...candidate, stake: bond },
    },
  };
  const nonce = nextNonce(state, pool, accountOf(pair));
  const taken = submit(signExtrinsic(pair, call, { genesisHash: chain.genesisHash, nonce }));
  const outcome = taken.ok ? `staked ${bond} on it` : `no report: ${describe(taken.error)}`;
  logger.log("warn", TARGET, outcome, { candidate: candidate.candidateHash });
}

/** The nonce after those that wait in the pool. */
export function nextNonce(
  state: State,
  pool: Pick<TransactionPool, "ready">,
  who: AccountId,
): Nonce {
  let nonce = runtimeApi.accountNonce(state, who);
  const offered = new Set(
    pool.ready().flatMap(({ validity }) => validity.provides.map(bytesToHex)),
  );
  while (offered.has(bytesToHex(nonceTag(who, nonce)))) nonce += 1;
  return nonce;
}
