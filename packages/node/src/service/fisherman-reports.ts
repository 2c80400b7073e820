/**
 * A fisherman's bonded reports on their way to the chain: transactions signed by its account, which pays the
 * bond. They are mortal and begin with the block that includes the candidate: where the chain goes back to before it
 * they could only fail, for a fee. Reference: runtime and primitives 4.7.1.
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
/** Blocks in which a report may be included. */
const PERIOD = 64;

export interface FishermanReportParts {
  readonly chain: Pick<Chain<Overlay>, "best" | "block" | "genesisHash">;
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
  const including = chain.block(candidate.relayBlock);
  if (state === undefined || including === undefined) return;
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
  const { hash: birthHash, number: blockNumber } = including;
  const mortality = { period: PERIOD, blockNumber, birthHash };
  const options = { genesisHash: chain.genesisHash, nonce, mortality };
  const taken = submit(signExtrinsic(pair, call, options));
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
