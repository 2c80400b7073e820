/** Runtime APIs of block production and finality, encoded. Reference: json-rpc-and-metadata.md 7. */
import {
  BabeConfiguration,
  BabeEpoch,
  BabeEquivocationProof,
  BabeId,
  GrandpaAuthorities,
  GrandpaEquivocationProof,
  GrandpaId,
  SetId,
  Slot,
} from "@parahost/primitives";
import { option } from "@parahost/scale";
import * as api from "../runtime-api.ts";
import { opaqueProof } from "./opaque-proof.ts";
import { method, type RuntimeApi, Submitted, submit } from "./runtime-api.ts";

const BabeOwnership = opaqueProof(["sp_consensus_babe"]);
const GrandpaOwnership = opaqueProof(["sp_consensus_grandpa"]);

export const BABE_API: RuntimeApi = {
  docs: "Block production.",
  methods: {
    configuration: method("Of genesis.", {}, BabeConfiguration, ({ state }) =>
      api.babeConfiguration(state),
    ),
    currentEpochStart: method("First slot of the current epoch.", {}, Slot, ({ state }) =>
      api.currentBabeEpochStart(state),
    ),
    currentEpoch: method("The epoch that the block is in.", {}, BabeEpoch, ({ state }) =>
      api.currentBabeEpoch(state),
    ),
    nextEpoch: method("The epoch after it.", {}, BabeEpoch, ({ state }) =>
      api.nextBabeEpoch(state),
    ),
    generateKeyOwnershipProof: method(
      "Proves that the key is an author's in the session of the block.",
      { slot: Slot, authorityId: BabeId },
      option(BabeOwnership),
      ({ state }, { authorityId }) => api.generateBabeKeyOwnershipProof(state, authorityId),
    ),
    submitReportEquivocationUnsignedExtrinsic: method(
      "Reports an author of two blocks in one slot; nothing if the pool does not take the report.",
      { equivocationProof: BabeEquivocationProof, keyOwnerProof: BabeOwnership },
      Submitted,
      (context, { equivocationProof, keyOwnerProof }) =>
        submit(context, api.babeEquivocationReport(equivocationProof, keyOwnerProof)),
    ),
  },
};

export const GRANDPA_API: RuntimeApi = {
  docs: "Finality.",
  methods: {
    grandpaAuthorities: method("The voters.", {}, GrandpaAuthorities, ({ state }) =>
      api.grandpaAuthorities(state),
    ),
    generateKeyOwnershipProof: method(
      "Proves that the key is a voter's in the session of the block.",
      { setId: SetId, authorityId: GrandpaId },
      option(GrandpaOwnership),
      ({ state }, { authorityId }) => api.generateGrandpaKeyOwnershipProof(state, authorityId),
    ),
    submitReportEquivocationUnsignedExtrinsic: method(
      "Reports a voter of two votes in one round; nothing if the pool does not take the report.",
      { equivocationProof: GrandpaEquivocationProof, keyOwnerProof: GrandpaOwnership },
      Submitted,
      (context, { equivocationProof, keyOwnerProof }) =>
        submit(context, api.grandpaEquivocationReport(equivocationProof, keyOwnerProof)),
    ),
    currentSetId: method("How often the voters changed.", {}, SetId, ({ state }) =>
      api.grandpaCurrentSetId(state),
    ),
  },
};
