/** `sync_state_`: where light clients may begin. Reference: consensus-and-sync.md 9.1. */
import { lightSyncState } from "@parahost/node/service/light-sync-state";
import type { RelayNode } from "@parahost/node/service/node";
import { type ChainInfo, type Genesis, rawChainSpec } from "@parahost/runtime";
import { ErrorCode, type Json, RpcError } from "../json-rpc.ts";
import type { Methods } from "../method.ts";
import { boolean, optional, param } from "../params.ts";

/** What a chain specification is made of. */
export interface SpecSource {
  readonly info: ChainInfo;
  readonly genesis: Genesis;
}

export function syncStateMethods(node: RelayNode, { info, genesis }: SpecSource): Methods {
  return {
    methods: {
      /** With the whole state of genesis if `raw`; otherwise with its root, which is enough for light clients. */
      sync_state_genSyncSpec: (params) => {
        const raw = param(params, 0, "raw", optional(boolean)).value ?? false;
        const state = lightSyncState(node);
        if (state === undefined)
          throw new RpcError(
            ErrorCode.refused,
            "no block but genesis is final yet: ask again in some slots",
          );
        const spec = JSON.parse(rawChainSpec(info, genesis)) as { readonly [key: string]: Json };
        return {
          ...spec,
          lightSyncState: { ...state },
          ...(raw ? {} : { genesis: { stateRootHash: genesis.header.stateRoot } }),
        };
      },
    },
    subscriptions: {},
  };
}
