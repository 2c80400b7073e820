/** Gossip that contradicts itself, repeats itself, or claims what is not so. */
import { randomBelow } from "@parahost/base";
import { sr25519Sign } from "@parahost/crypto";
import type { NotificationChannel, PeerId } from "@parahost/network";
import {
  bitfieldPayload,
  type CandidateHash,
  type CompactStatement,
  statementPayload,
  type ValidatorSignature,
} from "@parahost/primitives";
import { bitsAt, onesOf } from "@parahost/scale";
import { chainAt } from "../adversaries/chain-view.ts";
import type { Strategy } from "./strategy.ts";
import { changingValidation, message, type Sent, tapping } from "./validation-wire.ts";
import type { Villain } from "./villain.ts";

type BitfieldMessage = Extract<
  Extract<Sent, { readonly type: "protocolMessage" }>["value"],
  { readonly type: "bitfieldDistribution" }
>["value"]["value"];

/** The same bitfield with other bits, signed as well as the first. */
function otherBitfield(
  { sources, pair }: Villain,
  { relayParent, bitfield }: BitfieldMessage,
  how: number,
): BitfieldMessage | undefined {
  const view = chainAt(sources, relayParent);
  if (view === undefined) return undefined;
  const ones = onesOf(bitfield.payload);
  const { coreCount } = view;
  const free = Array.from({ length: coreCount }, (_, core) => core);
  const payload =
    how === 0
      ? bitsAt(coreCount, ones.length === 0 ? free : ones.slice(1))
      : how === 1
        ? bitsAt(coreCount + 3, [coreCount + 1])
        : bitsAt(Math.max(0, coreCount - 1), []);
  const context = { sessionIndex: view.session, parentHash: relayParent };
  const signature = sr25519Sign(pair, bitfieldPayload(payload, context)) as ValidatorSignature;
  return { relayParent, bitfield: { ...bitfield, payload, signature } };
}

export const TWO_BITFIELDS: Strategy = {
  id: "B19",
  does: "signs two bitfields for one parent, of the wrong length or with bits beyond the cores",
  corrupt: (villain) => {
    let next = 0;
    return changingValidation((sent) => {
      if (sent.type !== "protocolMessage" || sent.value.type !== "bitfieldDistribution")
        return [sent];
      const { value } = sent.value.value;
      if (value.bitfield.validatorIndex !== villain.indexNow() || !villain.feelsLikeIt())
        return [sent];
      const other = otherBitfield(villain, value, next++ % 3);
      if (other === undefined) return [sent];
      villain.tookEffect();
      const doubled = message({
        type: "bitfieldDistribution",
        value: { type: "bitfield", value: other },
      });
      return next % 2 === 0 ? [sent, doubled] : [doubled, sent];
    });
  },
};

/** Seconds another candidate than the one that the message is about, or so many. */
const secondingOthers = (id: string, does: string, count: number): Strategy => ({
  id,
  does,
  needsPartners: true,
  corrupt: (villain) => {
    let next = 0;
    return changingValidation((sent) => {
      if (sent.type !== "protocolMessage" || sent.value.type !== "statementDistribution")
        return [sent];
      const { value: gossip } = sent.value;
      if (gossip.type !== "statement" || gossip.value.statement.payload.type !== "seconded")
        return [sent];
      const { relayParent, statement } = gossip.value;
      if (statement.validatorIndex !== villain.indexNow() || !villain.feelsLikeIt()) return [sent];
      const view = chainAt(villain.sources, relayParent);
      if (view === undefined) return [sent];
      villain.tookEffect();
      const others = Array.from({ length: count }, (): Sent => {
        next += 1;
        const made = `0x${(0xb12_000 + next).toString(16).padStart(64, "0")}` as CandidateHash;
        const payload: CompactStatement = { type: "seconded", value: made };
        const context = { sessionIndex: view.session, parentHash: relayParent };
        const signature = sr25519Sign(
          villain.pair,
          statementPayload(payload, context),
        ) as ValidatorSignature;
        return message({
          type: "statementDistribution",
          value: {
            type: "statement",
            value: { relayParent, statement: { ...statement, payload, signature } },
          },
        });
      });
      return count === 1 && next % 2 === 0 ? [sent] : [sent, ...others];
    });
  },
});

export const SECONDS_DIFFERENTLY = secondingOthers(
  "B12",
  "seconds different candidates to different members of its group",
  1,
);
export const SECONDS_TOO_MANY = secondingOthers("B13", "seconds more candidates than it may", 8);

export const STRANGE_VIEWS: Strategy = {
  id: "B27",
  does: "shows different views to different peers, and rolls back what it has finalized",
  corrupt: (villain) =>
    changingValidation((sent, peer) => {
      if (sent.type !== "viewUpdate" || !villain.feelsLikeIt()) return [sent];
      villain.tookEffect();
      const { heads, finalizedNumber } = sent.value;
      return peer.length % 2 === 0
        ? [sent, { type: "viewUpdate", value: { heads: [], finalizedNumber } }]
        : [
            {
              type: "viewUpdate",
              value: { heads, finalizedNumber: Math.max(0, finalizedNumber - 3) },
            },
          ];
    }),
};

/** Messages that are remembered, and said again at a time. */
const REMEMBERED_MAX = 512;
const REPEATED = 20;

export const REPLAYS: Strategy = {
  id: "B29",
  does: "says again what it has heard, in any order",
  corrupt: (villain) => {
    const heard: { readonly protocol: string; readonly bytes: Uint8Array }[] = [];
    const channels = new Map<string, NotificationChannel>();
    const again = (peer: PeerId): void => {
      for (let count = 0; count < REPEATED; count++) {
        const said = heard[randomBelow(villain.random, heard.length)];
        if (said !== undefined) channels.get(said.protocol)?.send(peer, said.bytes);
      }
    };
    return tapping({
      hears: (protocol, _peer, bytes, channel) => {
        channels.set(protocol, channel);
        if (heard.length < REMEMBERED_MAX) heard.push({ protocol, bytes });
        else heard[randomBelow(villain.random, REMEMBERED_MAX)] = { protocol, bytes };
        return bytes;
      },
      sends: (protocol, peer, bytes) => {
        // Not at every message: what it says again is heard, and said again.
        if (
          protocol === "validation/3" &&
          heard.length > 0 &&
          villain.feelsLikeIt() &&
          randomBelow(villain.random, 8) === 0
        ) {
          villain.tookEffect();
          again(peer);
        }
        return bytes;
      },
    });
  },
};

export const OTHER_SESSIONS: Strategy = {
  id: "B32",
  does: "signs for the session before, or the one to come",
  corrupt: (villain) =>
    changingValidation((sent) => {
      if (sent.type !== "protocolMessage" || sent.value.type !== "bitfieldDistribution")
        return [sent];
      const { relayParent, bitfield } = sent.value.value.value;
      if (bitfield.validatorIndex !== villain.indexNow() || !villain.feelsLikeIt()) return [sent];
      const view = chainAt(villain.sources, relayParent);
      if (view === undefined) return [sent];
      villain.tookEffect();
      const session = Math.max(0, view.session + (bitfield.payload.length % 2 === 0 ? 1 : -1));
      const context = { sessionIndex: session as typeof view.session, parentHash: relayParent };
      const signature = sr25519Sign(
        villain.pair,
        bitfieldPayload(bitfield.payload, context),
      ) as ValidatorSignature;
      const value = { relayParent, bitfield: { ...bitfield, signature } };
      return [message({ type: "bitfieldDistribution", value: { type: "bitfield", value } })];
    }),
};

/** Bytes with a length at their front that they do not have. */
const LONG = new Uint8Array([1, 4, 1, 0xfe, 0xff, 0xff, 0xff, 1, 2, 3]);

export const BAD_BYTES: Strategy = {
  id: "X11",
  does: "sends bytes that do not decode: cut, changed, or with lengths that they do not have",
  corrupt: (villain) =>
    tapping({
      sends: (_protocol, peer, bytes, channel) => {
        if (!villain.feelsLikeIt() || randomBelow(villain.random, 10) > 0) return bytes;
        villain.tookEffect();
        const at = randomBelow(villain.random, Math.max(1, bytes.length));
        const changed = bytes.map((byte, index) => (index === at ? byte ^ 0xff : byte));
        channel.send(peer, [bytes.subarray(0, at), changed, LONG][at % 3] as Uint8Array);
        return bytes;
      },
    }),
};
