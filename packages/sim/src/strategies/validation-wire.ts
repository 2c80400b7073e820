/** Messages of the validation peer set, changed or added to on their way out of a faulty node. */

import type { NotificationChannel } from "@parahost/network";
import { type PeerId, ValidationWireMessage } from "@parahost/network";
import { encode, tryDecode, type ValueOf } from "@parahost/scale";
import type { Replacement } from "../local-network.ts";
import { type Tap, tapped } from "./tapped-network.ts";

export type Sent = ValueOf<typeof ValidationWireMessage>;
export type SentMessage = Extract<Sent, { readonly type: "protocolMessage" }>["value"];

/** Everything that goes through this part of the node. */
export const tapping = (tap: Tap): Replacement => ({
  ports: (own) => ({ ...own, network: tapped(own.network, tap) }),
});

/**
 * What to send to a peer instead of a message: none, one or several. Others may be sent on `channel` besides.
 */
export const changingValidation = (
  change: (sent: Sent, peer: PeerId, channel: NotificationChannel) => readonly Sent[],
): Replacement =>
  tapping({
    sends: (protocol, peer, bytes, channel) => {
      if (protocol !== "validation/3") return bytes;
      const sent = tryDecode(ValidationWireMessage, bytes);
      if (!sent.ok) return bytes;
      const [first, ...more] = change(sent.value, peer, channel);
      if (first === sent.value && more.length === 0) return bytes;
      for (const message of more) channel.send(peer, encode(ValidationWireMessage, message));
      return first === undefined ? undefined : encode(ValidationWireMessage, first);
    },
  });

export const message = (value: SentMessage): Sent => ({ type: "protocolMessage", value });
