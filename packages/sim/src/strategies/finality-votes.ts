/** Votes on finality that contradict each other, come late, or are about what is none of the round's business. */

import { expectOk, sleep } from "@parahost/base";
import { ed25519PairFromUri, ed25519Sign } from "@parahost/crypto";
import {
  GrandpaGossip,
  type GrandpaSignature,
  type GrandpaTarget,
  grandpaVotePayload,
  supermajority,
} from "@parahost/primitives";
import { developmentUri } from "@parahost/runtime";
import { encode, tryDecode } from "@parahost/scale";
import type { Strategy } from "./strategy.ts";
import { tapping } from "./validation-wire.ts";
import type { Villain } from "./villain.ts";

type Vote = Extract<GrandpaGossip, { readonly type: "vote" }>["value"];

/** The vote with another target, place, or both, under the voter's own signature. */
function resigned(
  { role }: Villain,
  vote: Vote,
  target: GrandpaTarget,
  place: Partial<Pick<Vote, "round" | "setId">> = {},
): Uint8Array {
  const pair = expectOk(ed25519PairFromUri(developmentUri(role.validator)), "a well-known key");
  const { round, setId } = { ...vote, ...place };
  const { type } = vote.message.message;
  const payload = grandpaVotePayload(type, target.targetHash, target.targetNumber, round, setId);
  const signature = ed25519Sign(pair, payload) as GrandpaSignature;
  const message = { ...vote.message, message: { type, value: target }, signature };
  return encode(GrandpaGossip, { type: "vote", value: { round, setId, message } });
}

/** Another target than this: its parent, or what it has finalized. */
function otherTarget({ node }: Villain, { targetHash }: GrandpaTarget): GrandpaTarget {
  const header = node.chain.header(targetHash);
  const { hash, number } = node.chain.finalized();
  return header === undefined || header.number === 0
    ? { targetHash: hash, targetNumber: number }
    : { targetHash: header.parentHash, targetNumber: header.number - 1 };
}

export const VOTES_TWICE: Strategy = {
  id: "B25",
  does: "votes on finality twice, for unknown blocks, in other rounds and sets",
  corrupt: (villain) => {
    let next = 0;
    return tapping({
      sends: (protocol, peer, bytes, channel) => {
        if (protocol !== "grandpa/1") return bytes;
        const gossip = tryDecode(GrandpaGossip, bytes);
        if (!gossip.ok || gossip.value.type !== "vote") return bytes;
        const vote = gossip.value.value;
        if (vote.message.id !== villain.keys.grandpa || !villain.feelsLikeIt()) return bytes;
        villain.tookEffect();
        const target = vote.message.message.value;
        const { targetNumber } = target;
        next += 1;
        const unknown = {
          targetHash: `0x${"b2".repeat(32)}` as typeof target.targetHash,
          targetNumber,
        };
        const other = [
          () => resigned(villain, vote, otherTarget(villain, target)),
          () => resigned(villain, vote, unknown),
          () => resigned(villain, vote, target, { round: vote.round + 7 }),
          () => resigned(villain, vote, target, { setId: vote.setId + 1 }),
        ][next % 4];
        if (other !== undefined) channel.send(peer, other());
        return bytes;
      },
    });
  },
};

/** A commit of as many votes as are needed, all of them this one. */
function commitOfOne({ simulation }: Villain, { round, setId, message }: Vote): Uint8Array {
  const { id, signature, message: cast } = message;
  const target = cast.value;
  const count = supermajority(simulation.validators.length);
  const precommits = Array.from({ length: count }, () => ({ target, signature, id }));
  return encode(GrandpaGossip, {
    type: "commit",
    value: { round, setId, commit: { ...target, precommits } },
  });
}

/** Milliseconds that a vote is held. */
const HELD_MS = 4_000;

export const VOTES_LATE: Strategy = {
  id: "B26",
  does: "withholds precommits until the last moment, and sends commits with votes doubled",
  corrupt: (villain) =>
    tapping({
      sends: (protocol, peer, bytes, channel) => {
        if (protocol !== "grandpa/1" || !villain.feelsLikeIt()) return bytes;
        const gossip = tryDecode(GrandpaGossip, bytes);
        if (!gossip.ok) return bytes;
        const { type, value } = gossip.value;
        if (type === "vote" && value.message.message.type === "precommit") {
          villain.tookEffect();
          if (value.message.id === villain.keys.grandpa)
            channel.send(peer, commitOfOne(villain, value));
          void sleep(villain.clock, HELD_MS).then(() => channel.send(peer, bytes));
          return undefined;
        }
        if (type !== "commit") return bytes;
        villain.tookEffect();
        const { commit } = value;
        // As many as are needed, with the last one said again in the place of another.
        const precommits = commit.precommits.map((vote, index, all) =>
          index === 0 ? (all.at(-1) ?? vote) : vote,
        );
        return encode(GrandpaGossip, {
          type,
          value: { ...value, commit: { ...commit, precommits } },
        });
      },
    }),
};
