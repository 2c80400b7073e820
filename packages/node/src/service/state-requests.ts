/** Serves states and proofs of finality to other nodes and to light clients. Reference: consensus 7.7 to 7.9. */
import type { Result } from "@parahost/base";
import { type Chain, warpProof } from "@parahost/consensus";
import {
  type ChainIdentity,
  type IncomingRequest,
  lightProtocol,
  type Network,
  Reputation,
  type RequestProtocol,
  stateProtocol,
  WARP_BYTES_SOFT_MAX,
  WarpRequest,
  WarpResponse,
  warpProtocol,
} from "@parahost/network";
import { callRuntimeApi } from "@parahost/runtime";
import { encode, tryDecode } from "@parahost/scale";
import type { Overlay } from "@parahost/trie";
import { type StateAnswerError, StateServer } from "../state-requests/state-server.ts";
import type { ChainStates } from "./chain-states.ts";

/** Answers from now on. Registers `light/2`, `state/2` and `sync/warp`. */
export function serveStates(
  network: Network,
  identity: ChainIdentity,
  chain: Chain<Overlay>,
  states: ChainStates,
): void {
  const server = new StateServer(states, (state, block, method, data) => {
    const called = callRuntimeApi(state, block, method, data);
    // What a function read before it failed proves the failure.
    return called.ok || called.error.code !== "unknownFunction";
  });
  const serve = (
    protocol: RequestProtocol,
    answer: (payload: Uint8Array) => Result<Uint8Array, StateAnswerError>,
  ): void =>
    network.registerRequests(protocol, ({ peer, payload, respond, refuse }: IncomingRequest) => {
      const answered = answer(payload);
      if (answered.ok) {
        respond(answered.value);
        return;
      }
      if (answered.error.code === "malformed")
        network.report(peer, Reputation.costMajor, `${protocol.name}: ${answered.error.message}`);
      refuse();
    });
  serve(lightProtocol(identity), (payload) => server.light(payload));
  serve(stateProtocol(identity), (payload) => server.state(payload));
  network.registerRequests(warpProtocol(identity), ({ peer, payload, respond, refuse }) => {
    const from = tryDecode(WarpRequest, payload);
    const proof = from.ok ? warpProof(chain, from.value, WARP_BYTES_SOFT_MAX) : undefined;
    if (!from.ok) network.report(peer, Reputation.costMajor, "malformed warp request");
    if (proof === undefined) refuse();
    else respond(encode(WarpResponse, proof));
  });
}
