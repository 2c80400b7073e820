/** Asking for candidates that peers told us of, and answering those that we told. */
import { sleep } from "@parahost/base";
import type { AttestedCandidateResponse, PeerId, StatementFilter } from "@parahost/network";
import type { CandidateHash } from "@parahost/primitives";
import type { BackingCore } from "../backing-groups/backing-cores.ts";
import type { IncomingAttestedCandidateRequest } from "../network-bridge/messages.ts";
import { unlessCancelled } from "../overseer/reply.ts";
import type { Claim, ConfirmedCandidate } from "./candidates.ts";
import { disabledMask } from "./check-manifest.ts";
import { checkResponse, type ExpectedResponse } from "./check-response.ts";
import { confirm, importVote, signatureItem } from "./importing.ts";
import { validatorsAt } from "./peers.ts";
import type { RelayParent } from "./relay-parent.ts";
import { ASKS_MAX, type CandidateRequest } from "./request-manager.ts";
import { isLive, report, type State, TARGET } from "./state.ts";
import { filterOf, fitsGroup, hasStatement, union } from "./statement-filter.ts";
import type { SignedVote } from "./statement-store.ts";

/** Pause before somebody else is asked, but no more than a quarter of a slot. Node-side reference, 1.3. */
const RETRY_MS = 1000;
const RETRY_SLOT_SHARE = 1 / 4;

export const retryMs = (slotMs: number): number =>
  Math.min(RETRY_MS, Math.floor(slotMs * RETRY_SLOT_SHARE));

/** The peer has a candidate that we do not have. */
export function want(
  state: State,
  relayParent: RelayParent,
  candidate: CandidateHash,
  peer: PeerId,
): void {
  state.requests.add(relayParent.hash, candidate, peer);
  pump(state);
}

/** Starts every request that is due. */
export function pump(state: State): void {
  for (;;) {
    const request = state.requests.next(state.deps.clock.now());
    if (request === undefined) return;
    state.context.spawn("request candidate", async () => {
      const outcome = await ask(state, request);
      state.requests.ended(request, outcome);
      pump(state);
    });
    state.context.spawn("request patience", async (signal) => {
      if (await sleep(state.deps.clock, retryMs(state.deps.slotMs), signal)) pump(state);
    });
  }
}

/** Statements of a group's members that we do not want, or that we have. */
function masks(
  relayParent: RelayParent,
  core: BackingCore,
  candidate: CandidateHash,
): { readonly mask: StatementFilter; readonly have: StatementFilter } {
  const { disabled, statements } = relayParent;
  const have = statements.filter(candidate, core.group, core.members.length);
  const refused = union(disabledMask(core, disabled), contradictions(relayParent, core, candidate));
  return { have, mask: union(have, refused) };
}

/** Seconding statements that would contradict what their validators said before. */
export function contradictions(
  { statements }: RelayParent,
  { members }: BackingCore,
  candidate: CandidateHash,
): StatementFilter {
  const seconded = members.flatMap((member, position) => {
    const judgement = statements.judge(member, { type: "seconded", value: candidate });
    return judgement.type === "contradiction" ? [position] : [];
  });
  return filterOf(members.length, seconded);
}

async function ask(
  state: State,
  request: CandidateRequest,
): Promise<"done" | "noAnswer" | "badAnswer"> {
  const { candidateHash: hash, peer } = request;
  const relayParent = state.relayParents.get(request.relayParent);
  const candidate = relayParent?.candidates.get(hash);
  if (relayParent === undefined || candidate?.type !== "unconfirmed") return "done";
  const claim = candidate.claims.get(peer);
  const core = claim === undefined ? undefined : relayParent.cores.get(claim.group);
  if (claim === undefined || core === undefined) return "badAnswer";
  const expected: ExpectedResponse = {
    candidateHash: hash,
    relayParent: relayParent.hash,
    core,
    claim,
    ...masks(relayParent, core, hash),
    threshold:
      claim.group === relayParent.localGroup
        ? undefined
        : relayParent.threshold(core.members.length),
  };
  const answer = await unlessCancelled(
    state.context.ask("network-bridge-tx", {
      type: "requestAttestedCandidate",
      to: { type: "peer", peer },
      payload: { candidateHash: hash, mask: expected.mask },
      ifDisconnected: "immediateError",
    }),
  );
  const isStillWanted = (): boolean =>
    isLive(state, relayParent) && relayParent.candidates.get(hash)?.type === "unconfirmed";
  if (!isStillWanted()) return "done";
  if (answer === undefined || !answer.ok) {
    const why = answer === undefined ? "cancelled" : answer.error.code;
    state.deps.logger.log("debug", TARGET, `candidate not received: ${why}`, { peer });
    // The bridge has made the peer pay for what it could not decode.
    return answer?.error.code === "undecodable" ? "badAnswer" : "noAnswer";
  }
  const fault = await examine(state, relayParent, expected, answer.value.response);
  if (!isStillWanted()) return "done";
  if (fault !== undefined) {
    await report(state, peer, "costMajor", `bad answer to a request: ${fault}`);
    return "badAnswer";
  }
  await take(state, relayParent, claim, hash, peer, answer.value.response);
  return "done";
}

/** Why an answer is bad; `undefined` when it is good, signatures included. */
async function examine(
  { deps }: State,
  relayParent: RelayParent,
  expected: ExpectedResponse,
  response: AttestedCandidateResponse,
): Promise<string | undefined> {
  const checked = checkResponse(expected, response);
  if (!checked.ok) return checked.error.code;
  const items = response.statements.flatMap(
    ({ payload, validatorIndex, signature }) =>
      signatureItem(relayParent, { statement: payload, validatorIndex, signature }) ?? [],
  );
  const verdicts = await deps.verifier.verifyBatch(items);
  const isSigned = items.length === response.statements.length && !verdicts.includes(false);
  return isSigned ? undefined : "badSignature";
}

async function take(
  state: State,
  relayParent: RelayParent,
  claim: Claim,
  hash: CandidateHash,
  peer: PeerId,
  response: AttestedCandidateResponse,
): Promise<void> {
  const { candidateReceipt, persistedValidationData, statements } = response;
  for (const { payload, validatorIndex, signature } of statements) {
    const vote: SignedVote = { statement: payload, validatorIndex, signature };
    importVote(state, relayParent, vote);
    noteKnown(state, relayParent, peer, vote);
  }
  await confirm(state, relayParent, claim, hash, candidateReceipt, persistedValidationData);
  await report(state, peer, "benefitMajor", "good answer to a request");
}

/** Whoever sends a statement need not be sent it. */
function noteKnown(
  { peers }: State,
  { cluster, validatorOf }: RelayParent,
  peer: PeerId,
  vote: SignedVote,
): void {
  for (const sender of validatorsAt(peers, validatorOf, peer))
    cluster?.noteReceived(sender, vote.validatorIndex, vote.statement);
}

// Answering

/** Answers to one peer about one candidate: more than an honest one asks for. */
const ANSWERS_MAX = 2 * ASKS_MAX;

/**
 * Answers at once and from memory, so nothing waits here; how many requests are open at one time is for
 * the network to limit.
 */
export async function answer(
  state: State,
  { peer, payload, reply }: IncomingAttestedCandidateRequest,
): Promise<void> {
  const { candidateHash: hash, mask } = payload;
  const refuse = async (reason: string): Promise<void> => {
    reply.cancel();
    await report(state, peer, "costMajor", reason);
  };
  if (state.pastCandidates.has(hash)) return reply.cancel();
  const found = findConfirmed(state, hash);
  if (found === undefined) return refuse("asks for an unknown candidate");
  const { candidate, relayParent } = found;
  if (!wasTold(state, relayParent, peer, hash))
    return refuse("asks for a candidate that it was not told of");
  state.peers.noteSpokeOf(peer, relayParent.hash);
  const members = relayParent.groups[candidate.group] ?? [];
  if (!fitsGroup(mask, members.length)) return refuse("malformed mask");
  const answers = relayParent.answers.get(peer) ?? new Map<CandidateHash, number>();
  const times = (answers.get(hash) ?? 0) + 1;
  relayParent.answers.set(peer, answers.set(hash, times));
  if (times > ANSWERS_MAX) return refuse("asks again and again");
  reply({
    candidateReceipt: candidate.receipt,
    persistedValidationData: candidate.persistedValidationData,
    statements: relayParent.statements
      .of(hash)
      .filter(
        ({ statement, validatorIndex }) =>
          !hasStatement(mask, statement.type, members.indexOf(validatorIndex)),
      )
      .map(({ statement, validatorIndex, signature }) => ({
        payload: statement,
        validatorIndex,
        signature,
      })),
  });
}

/** The relay parent at which we have the candidate. */
export function findConfirmed(
  { relayParents }: State,
  hash: CandidateHash,
): { readonly relayParent: RelayParent; readonly candidate: ConfirmedCandidate } | undefined {
  for (const relayParent of relayParents.values()) {
    const candidate = relayParent.candidates.get(hash);
    if (candidate?.type === "confirmed") return { relayParent, candidate };
  }
  return undefined;
}

function wasTold(
  { peers }: State,
  { cluster, grid, validatorOf }: RelayParent,
  peer: PeerId,
  hash: CandidateHash,
): boolean {
  return validatorsAt(peers, validatorOf, peer).some(
    (validator) => cluster?.wasTold(validator, hash) === true || grid.wasTold(validator, hash),
  );
}
