/** Runtime API: parameters of the session that the child of a block belongs to. Reference: 1.9. */
import type { ApprovalVotingParams, AsyncBackingParams, NodeFeatures } from "@parahost/primitives";
import type { State } from "../../framework/index.ts";
import { configuration } from "../configuration/configuration.ts";

export const minimumBackingVotes = (state: State): number =>
  configuration(state).minimumBackingVotes;

export const asyncBackingParams = (state: State): AsyncBackingParams =>
  configuration(state).asyncBackingParams;

export const nodeFeatures = (state: State): NodeFeatures => configuration(state).nodeFeatures;

export const approvalVotingParams = (state: State): ApprovalVotingParams =>
  configuration(state).approvalVotingParams;

/** Depth of the claim queue. */
export const schedulingLookahead = (state: State): number =>
  configuration(state).schedulerParams.lookahead;
