/** Assignments and approvals that do not say what they should, or do not come. */
import { sr25519Sign } from "@parahost/crypto";
import { approvalPayload, candidateHash, type ValidatorSignature } from "@parahost/primitives";
import { bitsAt } from "@parahost/scale";
import { includedIn } from "./disputers.ts";
import { changing } from "./mischief.ts";
import type { Strategy } from "./strategy.ts";
import { changingValidation, message, type Sent } from "./validation-wire.ts";

export const STRANGE_ASSIGNMENTS: Strategy = {
  id: "B22",
  does: "claims checks twice, under another's name, or for more candidates than it drew",
  corrupt: (villain) => {
    let next = 0;
    return changingValidation((sent) => {
      if (sent.type !== "protocolMessage" || sent.value.type !== "approvalDistribution")
        return [sent];
      const { value: gossip } = sent.value;
      if (gossip.type !== "assignments" || !villain.feelsLikeIt()) return [sent];
      villain.tookEffect();
      const how = next++ % 3;
      if (how === 0) return [sent, sent];
      const value = gossip.value.map((claimed) => {
        const { assignment, claimedCandidates } = claimed;
        return how === 1
          ? {
              ...claimed,
              assignment: {
                ...assignment,
                validator: ((assignment.validator + 1) % 4) as typeof assignment.validator,
              },
            }
          : {
              ...claimed,
              claimedCandidates: bitsAt(claimedCandidates.length + 1, [
                0,
                claimedCandidates.length,
              ]),
            };
      });
      return [message({ type: "approvalDistribution", value: { type: "assignments", value } })];
    });
  },
};

export const NEVER_APPROVES: Strategy = {
  id: "B23",
  does: "announces its checks and never approves",
  corrupt: (villain) => ({
    subsystems: (own) =>
      changing(own, "approval-distribution", {
        hears: (heard) => {
          if (heard.type !== "distributeApproval" || !villain.feelsLikeIt()) return heard;
          villain.tookEffect();
          return undefined;
        },
      }),
  }),
};

export const APPROVES_ALL: Strategy = {
  id: "B24",
  does: "approves with a signature over candidates that it was not to check",
  corrupt: (villain) => ({
    subsystems: (own) =>
      changing(own, "approval-distribution", {
        hears: (heard) => {
          if (heard.type !== "distributeApproval" || !villain.feelsLikeIt()) return heard;
          const { vote } = heard;
          const included = includedIn(villain, vote.blockHash);
          if (included === undefined || included.receipts.length < 2) return heard;
          villain.tookEffect();
          const hashes = included.receipts.map(candidateHash);
          const payload = approvalPayload(hashes, included.session);
          const signature = sr25519Sign(villain.pair, payload) as ValidatorSignature;
          const candidateIndices = bitsAt(hashes.length, hashes.keys());
          return { ...heard, vote: { ...vote, candidateIndices, signature } };
        },
      }),
  }),
};

/** Whether somebody else has said it first. */
function isOfOthers(sent: Sent, own: number): boolean {
  if (sent.type !== "protocolMessage") return false;
  const { type, value } = sent.value;
  switch (type) {
    case "bitfieldDistribution":
      return value.value.bitfield.validatorIndex !== own;
    case "approvalDistribution":
      return value.type === "approvals"
        ? value.value.every(({ validator }) => validator !== own)
        : value.value.every(({ assignment }) => assignment.validator !== own);
    case "statementDistribution":
      return value.type === "statement" && value.value.statement.validatorIndex !== own;
  }
}

export const FORWARDS_NOTHING: Strategy = {
  id: "B28",
  does: "passes on nothing that others say",
  corrupt: (villain) =>
    changingValidation((sent) => {
      if (!isOfOthers(sent, villain.indexNow()) || !villain.feelsLikeIt()) return [sent];
      villain.tookEffect();
      return [];
    }),
};
