/** The GRANDPA voter on the network: one notification stream to each peer. */
import type { GrandpaNetwork, GrandpaVoter } from "@parahost/consensus";
import {
  type ChainIdentity,
  grandpaProtocol,
  isRole,
  type Network,
  type NotificationChannel,
  type PeerId,
  Reputation,
  type Role,
} from "@parahost/network";

export interface GrandpaService {
  readonly channel: NotificationChannel;
  readonly network: GrandpaNetwork;
  /** The voter that hears of peers and messages from now on. */
  attach(voter: GrandpaVoter): void;
}

/** Registers the protocol. Peers that connect before the voter is attached are told to it then. */
export function grandpaService(network: Network, chain: ChainIdentity, role: Role): GrandpaService {
  let voter: GrandpaVoter | undefined;
  const protocol = grandpaProtocol(chain, {
    handshake: () => new Uint8Array([role]),
    accept: (_, handshake) => handshake.length === 1 && isRole(handshake[0] as number),
  });
  const channel = network.registerNotifications(protocol, (event) => {
    switch (event.type) {
      case "opened":
        voter?.onPeerConnected(event.peer);
        break;
      case "closed":
        voter?.onPeerDisconnected(event.peer);
        break;
      case "message": {
        const verdict = voter?.onMessage(event.peer, event.bytes);
        if (verdict?.type !== "punish") break;
        const cost = verdict.severity === "major" ? Reputation.costMajor : Reputation.costMinor;
        network.report(event.peer, cost, `grandpa: ${verdict.reason}`);
        break;
      }
    }
  });
  return {
    channel,
    network: {
      gossip: (peers, message) => {
        for (const peer of peers) channel.send(peer as PeerId, message);
      },
      sendTo: (peer, message) => void channel.send(peer as PeerId, message),
    },
    attach: (attached) => {
      voter = attached;
      for (const peer of channel.peers()) attached.onPeerConnected(peer);
    },
  };
}
