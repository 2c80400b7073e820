/** Finds authorities by the records that they sign, where no table says where they are. */
import type { Hex } from "@parahost/base";
import { ed25519PairFromSeed, type Keystore } from "@parahost/crypto";
import { RecordDiscovery } from "@parahost/network/discovery/record-discovery";
import { parseMultiaddr } from "@parahost/network/libp2p/address-book";
import type { RunningLibp2pNetwork } from "@parahost/network/libp2p/start";
import type { RelayNode } from "@parahost/node/service/node";
import { asHash } from "@parahost/primitives";
import { runtimeApi } from "@parahost/runtime";
import { systemClock } from "../ports/system.ts";

/** `seed` is that of the node's identity key. */
export const recordDiscovery = (
  genesisHash: Hex,
  { network, addresses }: RunningLibp2pNetwork,
  seed: Uint8Array,
  keystore: Keystore,
): RecordDiscovery =>
  new RecordDiscovery(
    { genesisHash: asHash(genesisHash) },
    {
      network,
      clock: systemClock,
      keystore,
      identity: ed25519PairFromSeed(seed),
      ownAddresses: () => addresses.flatMap((text) => parseMultiaddr(text)?.bytes ?? []),
    },
  );

/** Looks for the authorities of the chain's sessions from now on; the answer ends it. */
export function followAuthorities(discovery: RecordDiscovery, { chain, states }: RelayNode) {
  const look = (): void => {
    const state = states.view(chain.best().hash);
    if (state !== undefined) discovery.setAuthorities(runtimeApi.authorities(state));
  };
  look();
  const unsubscribe = chain.subscribe(({ type }) => {
    if (type === "newBest") look();
  });
  return (): void => {
    unsubscribe();
    discovery.stop();
  };
}
