/** What the holder of the sudo key can do in a network of the simulator. */
import { expectOk } from "@parahost/base";
import { sr25519PairFromUri } from "@parahost/crypto";
import type { RelayNode } from "@parahost/node/service/node";
import { type AnyRuntimeCall, signExtrinsic } from "@parahost/runtime";

/** Signs a call as root by the chain's sudo key and hands it to a node. */
export function submitAsRoot(node: RelayNode, call: AnyRuntimeCall, nonce = 0): void {
  const alice = expectOk(sr25519PairFromUri("//Alice"), "a well-known key");
  const sudo: AnyRuntimeCall = {
    type: "sudo",
    value: { type: "sudo", value: { call } as object },
  };
  const { genesisHash } = node.chain;
  expectOk(node.submit(signExtrinsic(alice, sudo, { genesisHash, nonce })), "submitted");
}
