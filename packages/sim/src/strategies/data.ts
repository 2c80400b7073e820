/** Who holds data and answers requests for it: not, late, wrongly, or without having it. */
import { ok, randomBelow, sleep } from "@parahost/base";
import {
  ChunkFetchingRequest,
  ChunkFetchingResponse,
  type IncomingRequest,
  type Network,
  type PeerId,
} from "@parahost/network";
import { asValidatorIndex, CandidateHash, type ErasureChunk } from "@parahost/primitives";
import { encode, tryDecode } from "@parahost/scale";
import { changing } from "./mischief.ts";
import type { Strategy } from "./strategy.ts";
import { tapped } from "./tapped-network.ts";
import { tapping } from "./validation-wire.ts";

const DATA = ["req_chunk/2", "req_available_data/1", "req_pov/1"];

/** An answer with the bytes changed, whatever the node would have said. */
const answeringWith =
  (change: (bytes: Uint8Array) => Uint8Array | undefined) =>
  (request: IncomingRequest, answer: (request: IncomingRequest) => void): void =>
    answer({
      ...request,
      respond: (bytes) => {
        const instead = change(bytes);
        if (instead === undefined) request.refuse();
        else request.respond(instead);
      },
      refuse: () => request.refuse(),
    });

/** Milliseconds just below the timeout of a chunk request. */
const ALMOST_TOO_LATE_MS = 900;

function spoiled(chunk: ErasureChunk, how: number): ErasureChunk {
  switch (how) {
    case 0:
      return { ...chunk, proof: chunk.proof.map((node) => node.map((byte) => byte ^ 1)) };
    case 1:
      return { ...chunk, index: chunk.index + 1 };
    case 2:
      return { ...chunk, chunk: chunk.chunk.subarray(1) };
    default:
      return { ...chunk, chunk: chunk.chunk.map((byte) => byte ^ 1) };
  }
}

export const BAD_CHUNKS: Strategy = {
  id: "B16",
  does: "serves chunks with a wrong proof, index or size, or just before it is too late",
  corrupt: (villain) =>
    tapping({
      answers: (protocol, request, answer) => {
        if (protocol !== "req_chunk/2" || !villain.feelsLikeIt()) return answer(request);
        villain.tookEffect();
        const how = randomBelow(villain.random, 5);
        if (how === 4) {
          void sleep(villain.clock, ALMOST_TOO_LATE_MS).then(() => answer(request));
          return;
        }
        answeringWith((bytes) => {
          const response = tryDecode(ChunkFetchingResponse, bytes);
          if (!response.ok || response.value.type !== "chunk") return bytes;
          const value = spoiled(response.value.value, how);
          return encode(ChunkFetchingResponse, { type: "chunk", value });
        })(request, answer);
      },
    }),
};

export const WITHHOLDS: Strategy = {
  id: "B17",
  does: "withholds all data after signing the bitfield",
  corrupt: (villain) =>
    tapping({
      answers: (protocol, request, answer) => {
        if (!DATA.includes(protocol) || !villain.feelsLikeIt()) return answer(request);
        villain.tookEffect();
        request.refuse();
      },
    }),
};

export const CLAIMS_CHUNKS: Strategy = {
  id: "B18",
  does: "signs bitfields for chunks that it does not have",
  corrupt: (villain) => ({
    subsystems: (own) =>
      changing(own, "bitfield-signing", {
        asks: async ({ to, question }, ask) => {
          const answer = await ask();
          const isAbout = to === "availability-store" && question.type === "queryChunkAvailability";
          if (!isAbout || answer === true || !villain.feelsLikeIt()) return answer;
          villain.tookEffect();
          return true;
        },
      }),
    // Without its chunk it claims all the more.
    ...tapping({
      asks: (protocol, _peer, _payload, ask) =>
        protocol === "req_chunk/2" && villain.feelsLikeIt()
          ? Promise.resolve(ok(encode(ChunkFetchingResponse, { type: "noSuchChunk" })))
          : ask(),
    }),
  }),
};

export const SPOILS_ATTESTED: Strategy = {
  id: "B14",
  does: "answers requests for attested candidates with what cannot be used, or not at all",
  corrupt: (villain) =>
    tapping({
      answers: (protocol, request, answer) => {
        if (protocol !== "req_attested_candidate/2" || !villain.feelsLikeIt())
          return answer(request);
        villain.tookEffect();
        const how = randomBelow(villain.random, 3);
        // Silence, half an answer, or one without the statements at its end.
        if (how === 0) return;
        answeringWith((bytes) =>
          how === 1
            ? bytes.subarray(0, bytes.length / 2)
            : bytes.map((byte, at) => (at > bytes.length - 64 ? byte ^ 1 : byte)),
        )(request, answer);
      },
    }),
};

/** Requests to each peer at each leaf. */
const FLOOD_REQUESTS = 40;

export const FLOODS: Strategy = {
  id: "B15",
  does: "floods others with requests for data",
  corrupt: (villain) => {
    const names: string[] = [];
    let network: Network | undefined;
    const ask = (peer: PeerId, suffix: string, payload: Uint8Array): void => {
      const name = names.find((full) => full.endsWith(suffix));
      if (name !== undefined) void network?.request(peer, name, payload, "tryConnect");
    };
    return {
      ports: (own) => {
        network = own.network;
        const registerRequests: Network["registerRequests"] = (protocol, onRequest) => {
          names.push(protocol.name);
          own.network.registerRequests(protocol, onRequest);
        };
        return { ...own, network: { ...tapped(own.network, {}), registerRequests } };
      },
      subsystems: (own) =>
        changing(own, "bitfield-signing", {
          onLeaf: () => {
            if (!villain.feelsLikeIt()) return;
            villain.tookEffect();
            for (const { localPeer: peer, name } of villain.simulation.validators)
              if (name !== villain.name) flood((suffix, payload) => ask(peer, suffix, payload));
          },
        }),
    };
  },
};

/** For data of candidates that there are not. */
function flood(ask: (suffix: string, payload: Uint8Array) => void): void {
  for (let count = 0; count < FLOOD_REQUESTS; count++) {
    const candidateHash = `0x${count.toString(16).padStart(64, "0")}` as CandidateHash;
    const validatorIndex = asValidatorIndex(count % 4);
    ask("req_chunk/2", encode(ChunkFetchingRequest, { candidateHash, validatorIndex }));
    ask("req_available_data/1", encode(CandidateHash, candidateHash));
    ask("req_pov/1", encode(CandidateHash, candidateHash));
  }
}
