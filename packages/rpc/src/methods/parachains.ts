/**
 * The relay chain's view of its parachains: candidates and how far they are, cores, groups, sessions, disputes, and
 * why a para does not get on. Bytes are hex, names are the protocol's.
 */
import type { RelayNode } from "@parahost/node/service/node";
import {
  asCandidateHash,
  asParaId,
  asSessionIndex,
  type CandidateHash,
  type CoreIndex,
  type SessionIndex,
} from "@parahost/primitives";
import { runtimeApi } from "@parahost/runtime";
import { onesOf } from "@parahost/scale";
import { ErrorCode, type Json, RpcError } from "../json-rpc.ts";
import type { Methods } from "../method.ts";
import { hash, optional, param, uint } from "../params.ts";
import type { CandidateEntry, CandidateLog } from "./candidate-log.ts";
import { toJson } from "./json.ts";
import { whyOf } from "./para-why.ts";
import { blockParam, runtimeStateAt } from "./relay.ts";

const CANDIDATES_TOLD = 50;
const CANDIDATES_TOLD_MAX = 1000;

/** `log` is of the node's events, or of the whole network's where this process runs it. */
export function parachainsMethods(node: RelayNode, log: CandidateLog): Methods {
  const stateOf = (params: readonly Json[], position: number) =>
    runtimeStateAt(node, blockParam(node, params, position));
  const paraOf = (params: readonly Json[], position: number) => {
    const { value } = param(params, position, "paraId", optional(uint));
    return value === undefined ? undefined : asParaId(value);
  };
  return {
    methods: {
      /** The last candidates, newest first, of one para or of all. */
      para_candidates: (params) => {
        const para = paraOf(params, 0);
        const { value: count = CANDIDATES_TOLD } = param(params, 1, "count", optional(uint));
        return log.all(para).slice(0, Math.min(count, CANDIDATES_TOLD_MAX)).map(candidateJson);
      },
      para_candidate: (params) => {
        const found = log.get(asCandidateHash(param(params, 0, "candidate", hash)));
        return found === undefined ? null : candidateJson(found);
      },
      /** Whether the candidate is accepted, the last stage: `false`, too, for one that the best chain does not know. */
      para_isAccepted: (params) =>
        node.isAccepted(
          asSessionIndex(param(params, 0, "session", uint)),
          asCandidateHash(param(params, 1, "candidate", hash)),
        ),
      /** What is on each core after a block, and who is next. */
      para_cores: (params) => {
        const state = stateOf(params, 0);
        const queue = runtimeApi.claimQueue(state);
        return runtimeApi.availabilityCores(state).map((core, index) => ({
          core: index,
          ...coreJson(core),
          next: [...(queue.get(index as CoreIndex) ?? [])],
        }));
      },
      para_groups: (params) => {
        const state = stateOf(params, 0);
        const validators = runtimeApi.validators(state);
        const { groups, rotation } = runtimeApi.validatorGroups(state);
        return {
          groups: groups.map((group) =>
            group.map((index) => ({ index, validator: validators[index] ?? null })),
          ),
          rotation: toJson(rotation),
        };
      },
      /** The session of the best block's child, or another that the state still knows. */
      para_session: (params) => {
        const state = stateOf(params, 1);
        const { value: asked } = param(params, 0, "session", optional(uint));
        const session = asked ?? runtimeApi.sessionIndexForChild(state);
        const info = runtimeApi.sessionInfo(state, session as SessionIndex);
        return info === undefined
          ? null
          : { session, ...(toJson(info) as { [key: string]: Json }) };
      },
      para_disputes: (params) =>
        runtimeApi.disputes(stateOf(params, 0)).map(({ session, candidateHash, state }) => ({
          session,
          candidate: candidateHash,
          para: log.get(candidateHash)?.para ?? null,
          for: onesOf(state.validatorsFor),
          against: onesOf(state.validatorsAgainst),
          start: state.start,
          concludedAt: state.concludedAt ?? null,
        })),
      para_why: (params) => {
        const para = paraOf(params, 0);
        if (para === undefined)
          throw new RpcError(ErrorCode.invalidParams, "parameter 1 (paraId) must be a para's id");
        const best = node.chain.best();
        const state = runtimeStateAt(node, best.hash);
        const candidates = log.all(para);
        const suspendedBy = runtimeApi.suspensionOf(state, para)?.candidateHash;
        const verdict = whyOf({
          para,
          now: best.number,
          isRegistered: runtimeApi.paraIds(state).includes(para),
          cores: runtimeApi.availabilityCores(state),
          queue: [...runtimeApi.claimQueue(state).values()],
          validatorCount: runtimeApi.validators(state).length,
          minimumBackingVotes: runtimeApi.minimumBackingVotes(state),
          candidates,
          disputed: runtimeApi
            .disputes(state)
            .filter((dispute) => dispute.state.concludedAt === undefined)
            .map(({ candidateHash }): CandidateHash => candidateHash),
          suspendedBy,
        });
        const [newest] = candidates;
        return {
          paraId: para,
          ...(toJson(verdict) as { [key: string]: Json }),
          newest: newest === undefined ? null : candidateJson(newest),
          suspendedBy: suspendedBy ?? null,
        };
      },
    },
    subscriptions: {},
  };
}

const candidateJson = (entry: CandidateEntry): Json => ({
  ...(toJson(entry) as { [key: string]: Json }),
  stage: entry.steps.at(-1)?.stage ?? null,
});

function coreJson(core: ReturnType<typeof runtimeApi.availabilityCores>[number]) {
  switch (core.type) {
    case "free":
      return { state: "free" };
    case "scheduled":
      return { state: "scheduled", para: core.value.paraId };
    case "occupied": {
      const { candidateDescriptor, candidateHash, availability, groupResponsible } = core.value;
      return {
        state: "occupied",
        para: candidateDescriptor.paraId,
        candidate: candidateHash,
        group: groupResponsible,
        occupiedSince: core.value.occupiedSince,
        timeOutAt: core.value.timeOutAt,
        available: onesOf(availability),
        validators: availability.length,
      };
    }
  }
}
