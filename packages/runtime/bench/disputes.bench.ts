/**
 * Import of the votes of 1,000 validators on one candidate, from the checks to the conclusion and the penalties,
 * with signatures verified and with signatures known. The peer does nothing but verify as many signatures. Budget: as
 * performance-budget.md 3 has it for a batch, 20 us a signature, and 5 ms for all else.
 */
import assert from "node:assert/strict";
import { expectOk, hexToBytes } from "@parahost/base";
import { DirectVerifier, type SignatureVerifier } from "@parahost/crypto";
import { asSessionIndex, disputePayload } from "@parahost/primitives";
import * as wasmCrypto from "@polkadot/wasm-crypto";
import type { Bench } from "../../../test/bench.ts";
import { bindVerifier } from "../src/framework/index.ts";
import { checkSets, importSet } from "../src/parachains/disputes/disputes.ts";
import { disputeOf } from "../src/parachains/disputes/storage.ts";
import { sessionInfo } from "../src/parachains/session-info.ts";
import { Scenario } from "../src/parachains/testing/scenario.ts";
import { all, disputeSet, someCandidate } from "../src/parachains/testing/votes.ts";

await wasmCrypto.waitReady();

const VOTES = 1_000;
const SESSION = asSessionIndex(0);
const CANDIDATE = someCandidate(1);

const chain = new Scenario({ validators: VOTES, paras: [2000] }).beginBlock();
const { state } = chain;
const set = disputeSet(chain, CANDIDATE, [[0, "seconded"], ...all(1, VOTES, "invalid")]);
const keys = sessionInfo(state, SESSION)?.validators ?? [];

const direct = new DirectVerifier();
/** A node that has seen every vote before, by gossip. */
const remembering: SignatureVerifier = {
  verify: () => true,
  verifyAll: (items) => items.map(() => true),
  verifyBatch: (items) => Promise.resolve(items.map(() => true)),
};

/** Imports the votes and drops what came of it; whether they concluded. */
function execute(verifier: SignatureVerifier): boolean {
  bindVerifier(state, verifier);
  state.begin();
  for (const checked of expectOk(checkSets(state, [set]), "the votes are good"))
    importSet(state, checked);
  const concluded = disputeOf(state, SESSION, CANDIDATE)?.concludedAt !== undefined;
  state.rollback();
  return concluded;
}

const theirClaims = set.statements.map(({ statement, validatorIndex, signature }) => ({
  publicKey: hexToBytes(keys[validatorIndex] as `0x${string}`),
  message: disputePayload(statement, CANDIDATE, SESSION) as Uint8Array,
  signature,
}));
const theirs = (): boolean =>
  theirClaims.every(({ publicKey, message, signature }) =>
    wasmCrypto.sr25519Verify(signature, message, publicKey),
  );

export const benches: Bench[] = [
  {
    name: `import of ${VOTES} dispute votes`,
    peer: "@polkadot/wasm-crypto 7.5.4, the signatures alone",
    budgetMs: 0.02 * VOTES + 5,
    ours: () => execute(direct),
    theirs,
    check: () => assert.ok(execute(direct) && theirs()),
  },
  {
    name: `import of ${VOTES} dispute votes, signatures known, all else done`,
    peer: "@polkadot/wasm-crypto 7.5.4, the signatures alone",
    budgetMs: 5,
    ours: () => execute(remembering),
    theirs,
    check: () => assert.ok(execute(remembering) && theirs()),
  },
];
