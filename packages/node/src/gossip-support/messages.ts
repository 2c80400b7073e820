/** Gossip support only listens: to leaves, and to who is connected. Guide: Gossip Support. */
import type { NetworkEventMessage } from "../network-bridge/messages.ts";

export type GossipSupportMessage = NetworkEventMessage<never>;
