/** `grandpa_` and `babe_`: finality and block production. Reference: json-rpc-and-metadata.md 5.3. */
import { bytesToHex, type Hex } from "@parahost/base";
import { claimSlot } from "@parahost/consensus";
import { ss58Encode } from "@parahost/crypto";
import type { RelayNode } from "@parahost/node/service/node";
import { GrandpaJustification, Hash, Header } from "@parahost/primitives";
import { CHAIN_PROPERTIES, runtimeApi } from "@parahost/runtime";
import { bytes, encode, struct, vec } from "@parahost/scale";
import { type Json, RpcError } from "../json-rpc.ts";
import type { Methods } from "../method.ts";
import { height, param } from "../params.ts";
import { runtimeStateAt } from "./relay.ts";

/** Code of Polkadot's nodes: the voter has not begun a round. */
const NOT_READY = 1;
/** Blocks passed over on the way to one with a justification; one in 512 keeps its own. */
const UNKNOWN_HEADERS_MAX = 1024;

const FinalityProof = struct({
  block: Hash,
  justification: bytes(),
  unknownHeaders: vec(Header),
});

export function grandpaMethods(node: RelayNode): Methods {
  const { chain } = node;
  return {
    methods: {
      grandpa_proveFinality: (params) => {
        const number = param(params, 0, "block", height);
        const last = Math.min(chain.finalized().number, number + UNKNOWN_HEADERS_MAX);
        const unknownHeaders: Header[] = [];
        for (let at = number; at <= last; at++) {
          const block = chain.hashByNumber(at);
          const header = block === undefined ? undefined : chain.header(block);
          if (block === undefined || header === undefined) return null;
          if (at > number) unknownHeaders.push(header);
          const justification = chain.justification(block);
          if (justification !== undefined)
            return bytesToHex(encode(FinalityProof, { block, justification, unknownHeaders }));
        }
        return null;
      },
      grandpa_roundState: () => {
        const round = node.finalityRound();
        if (round === undefined) throw new RpcError(NOT_READY, "GRANDPA RPC endpoint not ready");
        const { setId, authorities } = chain.authoritySet();
        const votes = (having: readonly string[]): Json => {
          const voted = new Set(having);
          const missing = authorities.filter(({ id }) => !voted.has(id));
          const missingWeight = missing.reduce((sum, { weight }) => sum + weight, 0);
          return {
            currentWeight: round.totalWeight - missingWeight,
            missing: missing.map(({ id }) => address(id)),
          };
        };
        return {
          setId,
          best: {
            round: round.round,
            totalWeight: round.totalWeight,
            thresholdWeight: round.threshold,
            prevotes: votes(round.prevoters),
            precommits: votes(round.precommitters),
          },
          background: [],
        };
      },
    },
    subscriptions: {
      grandpa_subscribeJustifications: {
        notification: "grandpa_justifications",
        unsubscribe: "grandpa_unsubscribeJustifications",
        start: (_, send) =>
          chain.subscribe((event) => {
            if (event.type === "finalized")
              send(bytesToHex(encode(GrandpaJustification, event.justification)));
          }),
      },
    },
  };
}

/** Slots of the present epoch that our keys may author; for the node's owner. */
export function babeMethods(node: RelayNode): Methods {
  return {
    methods: {
      babe_epochAuthorship: () => {
        const epoch = runtimeApi.currentBabeEpoch(runtimeStateAt(node, node.chain.best().hash));
        const claims = new Map<Hex, Record<"primary" | "secondary" | "secondary_vrf", number[]>>();
        for (const { id } of epoch.authorities)
          if (node.keystore.has("babe", id))
            claims.set(id, { primary: [], secondary: [], secondary_vrf: [] });
        if (claims.size === 0) return {};
        for (let slot = epoch.startSlot; slot < epoch.startSlot + epoch.duration; slot++) {
          const claim = claimSlot(slot, epoch, node.keystore);
          if (claim === undefined) continue;
          const kind = KINDS[claim.preDigest.type];
          claims.get(claim.author)?.[kind].push(slot);
        }
        return Object.fromEntries([...claims].map(([key, slots]) => [address(key), slots]));
      },
    },
    subscriptions: {},
  };
}

const KINDS = {
  primary: "primary",
  secondaryPlain: "secondary",
  secondaryVRF: "secondary_vrf",
} as const;

const address = (key: Hex): string => ss58Encode(key, CHAIN_PROPERTIES.ss58Format);
