/** Runtime APIs of block production and finality, encoded. Reference: json-rpc-and-metadata.md 7. */
import {
  BabeConfiguration,
  BabeEpoch,
  BabeId,
  GrandpaAuthorities,
  GrandpaId,
  KeyOwnershipProof,
  SetId,
  Slot,
} from "@parahost/primitives";
import { bytes, type Codec, opaque, option } from "@parahost/scale";
import * as api from "../runtime-api.ts";
import { method, type RuntimeApi } from "./runtime-api.ts";

/** Bytes to those who pass it on. */
const opaqueProof = (crate: string): Codec<KeyOwnershipProof> => ({
  ...opaque(KeyOwnershipProof),
  type: {
    kind: "composite",
    path: [crate, "OpaqueKeyOwnershipProof"],
    fields: [{ type: bytes().type }],
  },
});

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
      option(opaqueProof("sp_consensus_babe")),
      ({ state }, { authorityId }) => api.generateBabeKeyOwnershipProof(state, authorityId),
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
      option(opaqueProof("sp_consensus_grandpa")),
      ({ state }, { authorityId }) => api.generateGrandpaKeyOwnershipProof(state, authorityId),
    ),
    currentSetId: method("How often the voters changed.", {}, SetId, ({ state }) =>
      api.grandpaCurrentSetId(state),
    ),
  },
};
