/** Candidates whose erasure root is not that of their data: what others recover is something else. */
import { assert, ok } from "@parahost/base";
import { branches, obtainChunks } from "@parahost/erasure";
import { ChunkFetchingRequest, ChunkFetchingResponse } from "@parahost/network";
import type { AvailabilityStoreMessage } from "@parahost/node/availability-store/messages";
import {
  AvailableData,
  type CandidateHash,
  type CandidateReceipt,
  candidateHash,
  type ErasureChunk,
  type Hash,
} from "@parahost/primitives";
import { encode, tryDecode } from "@parahost/scale";
import { chainAt } from "../adversaries/chain-view.ts";
import { changing } from "./mischief.ts";
import type { Strategy } from "./strategy.ts";
import { tapping } from "./validation-wire.ts";
import type { Villain } from "./villain.ts";

/** What holders are to find behind a root. */
export interface FalseData {
  readonly root: Hash;
  readonly chunks: readonly ErasureChunk[];
}

type StoreQuestion = Omit<
  Extract<AvailabilityStoreMessage, { readonly type: "storeAvailableData" }>,
  "reply"
>;

const chunksOf = (data: AvailableData, count: number): readonly Uint8Array[] => {
  const chunks = obtainChunks(count, encode(AvailableData, data));
  assert(chunks.ok, "a session has enough validators");
  return chunks.value;
};

function committed(chunks: readonly Uint8Array[]): FalseData {
  const commitment = branches(chunks);
  return {
    root: commitment.root as Hash,
    chunks: chunks.map((chunk, index) => ({ index, chunk, proof: commitment.proof(index) })),
  };
}

/** Data of the same length with other bytes. */
const otherData = ({ pov, validationData }: AvailableData): AvailableData => ({
  validationData,
  pov: { blockData: pov.blockData.map((byte) => byte ^ 0x55) },
});

/**
 * Seconds a valid candidate under the root of what `make` gives, and hands out those chunks. Its friends do the
 * same, as they find the root in what is known to all of them.
 */
const lyingAboutData = (
  id: string,
  does: string,
  make: (data: AvailableData, count: number) => FalseData,
): Strategy => ({
  id,
  does,
  corrupt: (villain) => ({
    ...tapping({
      answers: (protocol, request, answer) => {
        if (protocol !== "req_chunk/2") return answer(request);
        const asked = tryDecode(ChunkFetchingRequest, request.payload);
        const data = asked.ok ? falseDataOf(villain, asked.value.candidateHash) : undefined;
        const chunk = asked.ok ? data?.chunks[asked.value.validatorIndex] : undefined;
        if (chunk === undefined) return answer(request);
        request.respond(encode(ChunkFetchingResponse, { type: "chunk", value: chunk }));
      },
    }),
    subsystems: (own) =>
      changing(own, "candidate-backing", {
        hears: (message) => {
          if (message.type !== "second" || !villain.feelsLikeIt()) return message;
          const { relayParent, persistedValidationData: validationData, pov } = message;
          const view = chainAt(villain.sources, relayParent);
          if (view === undefined) return message;
          const data = make({ pov, validationData }, view.validators.length);
          const candidateReceipt = withRoot(message.candidateReceipt, data.root);
          villain.conspiracy.falseData.set(candidateHash(candidateReceipt), data);
          villain.tookEffect();
          return { ...message, candidateReceipt };
        },
        // Its own store would compare the root.
        asks: ({ to, question }, ask) =>
          to === "availability-store" &&
          question.type === "storeAvailableData" &&
          falseDataOf(villain, (question as StoreQuestion).candidateHash) !== undefined
            ? Promise.resolve(ok(undefined))
            : ask(),
      }),
  }),
});

const falseDataOf = ({ conspiracy }: Villain, candidate: CandidateHash): FalseData | undefined =>
  conspiracy.falseData.get(candidate);

const withRoot = (receipt: CandidateReceipt, erasureRoot: Hash): CandidateReceipt => ({
  ...receipt,
  descriptor: { ...receipt.descriptor, erasureRoot },
});

export const ROOT_OF_OTHER_DATA: Strategy = lyingAboutData(
  "B20",
  "commits to the erasure root of other data",
  (data, count) => committed(chunksOf(otherData(data), count)),
);

export const MIXED_CHUNKS: Strategy = lyingAboutData(
  "B21",
  "encodes chunks of two data sets, half and half, under a root of both",
  (data, count) => {
    const [one, other] = [chunksOf(data, count), chunksOf(otherData(data), count)];
    return committed(
      one.map((chunk, index) => (index % 2 === 0 ? chunk : (other[index] ?? chunk))),
    );
  },
);
