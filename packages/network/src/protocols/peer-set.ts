/**
 * The validation and the collation peer set: every notification is a message of the set or a change
 * of the sender's view. Node-side reference, 3.1, 3.2.
 */
import { BlockNumber, Hash } from "@parahost/primitives";
import {
  type Codec,
  DecodeError,
  mapped,
  struct,
  type ValueOf,
  variant,
  vec,
} from "@parahost/scale";
import type { NotificationProtocol } from "../port.ts";
import { type ChainIdentity, PARACHAIN_NOTIFICATION_BYTES_MAX, protocolName } from "./names.ts";

/** Heads that a view may name; more is malformed. */
export const VIEW_HEADS_MAX = 5;

/** No head twice: a view that names fewer blocks than it seems to is malformed. */
const ViewHeads = mapped(
  vec(Hash, VIEW_HEADS_MAX),
  (heads: readonly Hash[]) => heads,
  (heads, offset) => {
    if (new Set(heads).size < heads.length)
      throw new DecodeError("badValue", offset, "the same head twice");
    return heads;
  },
);

/** The blocks that a peer works on, and how far it has finalized. */
export const View = struct({ heads: ViewHeads, finalizedNumber: BlockNumber });
export type View = ValueOf<typeof View>;

export type WireMessage<M> =
  | { readonly type: "protocolMessage"; readonly value: M }
  | { readonly type: "viewUpdate"; readonly value: View };

/** What travels in a peer set. */
export const wireMessage = <M>(message: Codec<M>): Codec<WireMessage<M>> =>
  variant({ protocolMessage: [1, message], viewUpdate: [2, View] });

/** Version of the validation peer set that we speak. */
export const VALIDATION_VERSION = 3;
/** Version of the collation peer set that we speak. */
export const COLLATION_VERSION = 2;

/** For others than authorities. Node-side reference, 5.4. */
const VALIDATION_SLOTS = { inbound: 11, outbound: 11 } as const;
/** Collators come to validators, which look for none. */
const COLLATION_SLOTS = { inbound: 100, outbound: 0 } as const;

type Parts = Pick<NotificationProtocol, "handshake" | "accept">;

/** The handshake of both sets is the role byte. */
export function validationProtocol(chain: ChainIdentity, parts: Parts): NotificationProtocol {
  return {
    name: protocolName(chain, `validation/${VALIDATION_VERSION}`),
    messageBytesMax: PARACHAIN_NOTIFICATION_BYTES_MAX,
    queueMax: 2048,
    slots: VALIDATION_SLOTS,
    ...parts,
  };
}

export function collationProtocol(chain: ChainIdentity, parts: Parts): NotificationProtocol {
  return {
    name: protocolName(chain, `collation/${COLLATION_VERSION}`),
    messageBytesMax: PARACHAIN_NOTIFICATION_BYTES_MAX,
    queueMax: 256,
    slots: COLLATION_SLOTS,
    ...parts,
  };
}
