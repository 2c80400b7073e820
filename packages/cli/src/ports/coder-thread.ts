/** The thread behind `WorkerCoder`: answers one question after the other. */
import { parentPort } from "node:worker_threads";
import { assert, type Hex, ok, type Result } from "@parahost/base";
import { directCoder, type EncodeError, type ErasureError } from "@parahost/erasure";
import { type PackedProofs, packProofs } from "@parahost/erasure/packed-proofs";

type OwnBytes = Uint8Array<ArrayBuffer>;

export type CoderQuestion =
  | { readonly kind: "encode" | "root"; readonly n: number; readonly data: OwnBytes }
  | {
      readonly kind: "reconstruct";
      readonly n: number;
      readonly chunks: readonly (readonly [index: number, chunk: OwnBytes])[];
    };

/** Chunks as stretches of one memory. */
export interface PackedPayload {
  readonly memory: Uint8Array;
  readonly ends: readonly (readonly [start: number, end: number])[];
  readonly proofs: PackedProofs;
}

export type CoderAnswer =
  | { readonly kind: "encode"; readonly result: Result<PackedPayload, EncodeError> }
  | { readonly kind: "root"; readonly result: Result<Hex, EncodeError> }
  | { readonly kind: "reconstruct"; readonly result: Result<Uint8Array, ErasureError> };

const port = parentPort;
assert(port !== null, "this file runs as a worker");

port.on("message", async (question: CoderQuestion) => {
  const answer = await answerTo(question);
  port.postMessage(answer, buffersOf(answer));
});

async function answerTo(question: CoderQuestion): Promise<CoderAnswer> {
  const { n } = question;
  switch (question.kind) {
    case "encode": {
      const coded = await directCoder.encode(n, question.data);
      if (!coded.ok) return { kind: "encode", result: coded };
      const { chunks, commitment } = coded.value;
      const [first] = chunks;
      assert(first !== undefined, "there are chunks");
      const ends = chunks.map(
        ({ byteOffset, length }) => [byteOffset, byteOffset + length] as const,
      );
      const proofs = packProofs(commitment, n);
      const packed = { memory: new Uint8Array(first.buffer), ends, proofs };
      return { kind: "encode", result: ok(packed) };
    }
    case "root":
      return { kind: "root", result: await directCoder.root(n, question.data) };
    case "reconstruct":
      return { kind: "reconstruct", result: await directCoder.reconstruct(n, question.chunks) };
  }
}

/** What is handed over instead of copied. */
function buffersOf({ kind, result }: CoderAnswer): ArrayBuffer[] {
  if (!result.ok || kind === "root") return [];
  const bytes = kind === "encode" ? (result.value as PackedPayload).memory : result.value;
  return [(bytes as Uint8Array<ArrayBuffer>).buffer];
}
