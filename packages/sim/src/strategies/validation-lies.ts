/** Verdicts on candidates that no execution gave. */
import { ok } from "@parahost/base";
import type {
  CandidateValidationMessage,
  InvalidCandidate,
  ValidationPurpose,
} from "@parahost/node/candidate-validation/messages";
import type { Subsystems } from "@parahost/node/overseer/overseer";
import { type CandidateCommitments, type CandidateHash, candidateHash } from "@parahost/primitives";
import { changing } from "./mischief.ts";
import type { Strategy } from "./strategy.ts";
import type { Villain } from "./villain.ts";

type ValidateMessage = Extract<CandidateValidationMessage, { type: "validateFromExhaustive" }>;

export type Lie =
  | { readonly type: "valid"; readonly commitments: CandidateCommitments }
  | { readonly type: "invalid"; readonly reason: InvalidCandidate };

/** For who asks for the verdict alone. */
export const NO_COMMITMENTS: CandidateCommitments = {
  upwardMessages: [],
  horizontalMessages: [],
  newValidationCode: undefined,
  headData: new Uint8Array(),
  processedDownwardMessages: 0,
  hrmpWatermark: 0,
};

/** Answers with a lie where there is one, and leaves the rest to be executed. */
export function lying(
  own: Subsystems,
  lie: (
    candidate: CandidateHash,
    purpose: ValidationPurpose["type"],
    message: ValidateMessage,
  ) => Lie | undefined,
): Subsystems {
  return changing(own, "candidate-validation", {
    hears: (message) => {
      if (message.type !== "validateFromExhaustive") return message;
      const { candidateReceipt, persistedValidationData, purpose, reply } = message;
      const told = lie(candidateHash(candidateReceipt), purpose.type, message);
      if (told === undefined) return message;
      reply(ok(told.type === "valid" ? { ...told, persistedValidationData } : told));
      return undefined;
    },
  });
}

/** Stands by what the conspiracy made up, whoever asks for whatever reason. */
export const standingByInvented = (own: Subsystems, { conspiracy }: Villain): Subsystems =>
  lying(own, (candidate) => {
    const invented = conspiracy.invented.get(candidate);
    return invented === undefined
      ? undefined
      : { type: "valid", commitments: invented.commitments };
  });

export const APPROVES_UNSEEN: Strategy = {
  id: "B05",
  does: "approves without executing",
  corrupt: (villain) => ({
    subsystems: (own) =>
      lying(own, (_, purpose) => {
        if (purpose !== "approval" || !villain.feelsLikeIt()) return undefined;
        villain.tookEffect();
        return { type: "valid", commitments: NO_COMMITMENTS };
      }),
  }),
};

const FAKE_REASONS: readonly InvalidCandidate[] = [
  { code: "executionError", message: "made up" },
  { code: "invalidOutputs" },
  { code: "timeout" },
  { code: "paramsTooLarge", bytes: 1 },
  { code: "codeTooLarge", bytes: 1 },
  { code: "povDecompressionFailure" },
  { code: "badReturn" },
  { code: "badParent" },
  { code: "povHashMismatch" },
  { code: "badSignature" },
  { code: "paraHeadHashMismatch" },
  { code: "codeHashMismatch" },
  { code: "commitmentsHashMismatch" },
  { code: "invalidSessionIndex" },
  { code: "invalidUmpSignals" },
];

export const FAKES_INVALID: Strategy = {
  id: "B10",
  does: "finds candidates invalid, for every reason there is in turn",
  corrupt: (villain) => {
    let next = 0;
    return {
      subsystems: (own) =>
        lying(own, () => {
          if (!villain.feelsLikeIt()) return undefined;
          villain.tookEffect();
          const reason = FAKE_REASONS[next++ % FAKE_REASONS.length] as InvalidCandidate;
          return { type: "invalid", reason };
        }),
    };
  },
};

export const OLD_RELEASE: Strategy = {
  id: "B30",
  does: "is an old release: rejects every candidate of the new format",
  corrupt: (villain) => ({
    subsystems: (own) =>
      lying(own, (_candidate, _purpose, { candidateReceipt }) => {
        if (candidateReceipt.descriptor.version !== 2 || !villain.isActive) return undefined;
        villain.tookEffect();
        return { type: "invalid", reason: { code: "badSignature" } };
      }),
  }),
};
