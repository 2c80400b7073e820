/**
 * Answers other nodes' questions for blocks: at most 128 of them and about 8 MiB. Whoever asks the
 * same again and again pays and is refused in the end. Reference: consensus 7.6, 7.10.
 */
import { type Clock, LruMap } from "@parahost/base";
import type { Hash } from "@parahost/primitives";
import type { IncomingRequest, Network, PeerId } from "../port.ts";
import {
  BlockAttribute,
  type BlockData,
  type BlockRequest,
  decodeBlockRequest,
  encodeBlockResponse,
  SYNC_BLOCKS_MAX,
  SYNC_BYTES_SOFT_MAX,
} from "../protocols/sync.ts";
import { Reputation } from "../reputation.ts";
import type { SyncChain } from "./sync-chain.ts";

/** Questions whose repetitions are counted. */
const QUESTIONS_MAX = 1024;
/** The same question may be asked so often within a minute: answers get lost. */
const REPEATS_FREE = 2;
/** And so often at a cost; an honest node gives up before. */
const REPEATS_MAX = 16;
const REPEATS_WINDOW_MS = 60_000;

interface Asked {
  readonly since: number;
  count: number;
}

export class BlockServer {
  readonly #network: Pick<Network, "report">;
  readonly #chain: SyncChain;
  readonly #clock: Clock;
  readonly #asked = new LruMap<string, Asked>(QUESTIONS_MAX);

  constructor(network: Pick<Network, "report">, chain: SyncChain, clock: Clock) {
    this.#network = network;
    this.#chain = chain;
    this.#clock = clock;
  }

  answer(incoming: IncomingRequest): void {
    const request = decodeBlockRequest(incoming.payload);
    if (!request.ok) {
      this.#network.report(incoming.peer, Reputation.costMajor, request.error.message);
      incoming.refuse();
      return;
    }
    const repeats = this.#countRepeats(incoming.peer, request.value);
    if (repeats > REPEATS_FREE)
      this.#network.report(incoming.peer, Reputation.costMinor, "same block request again");
    if (repeats > REPEATS_MAX) incoming.refuse();
    else
      incoming.respond(
        encodeBlockResponse(collectBlocks(this.#chain, request.value), request.value),
      );
  }

  /** How often the peer has asked this before, within the window. */
  #countRepeats(peer: PeerId, { fields, from, direction, countMax }: BlockRequest): number {
    const start = from.type === "hash" ? from.hash : from.number;
    const key = `${peer} ${fields} ${start} ${direction} ${countMax}`;
    const now = this.#clock.now();
    const asked = this.#asked.get(key);
    if (asked === undefined || now - asked.since > REPEATS_WINDOW_MS) {
      this.#asked.set(key, { since: now, count: 0 });
      return 0;
    }
    asked.count += 1;
    return asked.count;
  }
}

/** The blocks asked for, the start included; none when the start is not known. */
export function collectBlocks(
  chain: SyncChain,
  { fields, from, direction, countMax }: BlockRequest,
): BlockData[] {
  const limit = countMax === 0 ? SYNC_BLOCKS_MAX : Math.min(countMax, SYNC_BLOCKS_MAX);
  const wants = (attribute: number): boolean => (fields & attribute) !== 0;
  const blocks: BlockData[] = [];
  let byteCount = 0;
  let hash = from.type === "hash" ? from.hash : chain.hashByNumber(from.number);
  while (hash !== undefined && blocks.length < limit && byteCount < SYNC_BYTES_SOFT_MAX) {
    const header = chain.header(hash);
    if (header === undefined) break;
    const body = wants(BlockAttribute.body) ? chain.body(hash) : undefined;
    // After a warp sync some blocks are known by their headers alone; genesis is, for everybody.
    if (wants(BlockAttribute.body) && body === undefined && header.number > 0) break;
    const justifications = wants(BlockAttribute.justification)
      ? chain.justifications(hash)
      : undefined;
    for (const extrinsic of body ?? []) byteCount += extrinsic.length;
    for (const { data } of justifications ?? []) byteCount += data.length;
    blocks.push({
      hash,
      ...(wants(BlockAttribute.header) ? { header } : {}),
      ...(body === undefined ? {} : { body }),
      ...(justifications === undefined ? {} : { justifications }),
    });
    hash =
      direction === "descending"
        ? parentOf(header.number, header.parentHash)
        : nextOnBestChain(chain, hash, header.number);
  }
  return blocks;
}

function parentOf(number: number, parentHash: Hash): Hash | undefined {
  return number === 0 ? undefined : parentHash;
}

/** A block off the best chain has no next one. */
function nextOnBestChain(chain: SyncChain, hash: Hash, number: number): Hash | undefined {
  return chain.hashByNumber(number) === hash ? chain.hashByNumber(number + 1) : undefined;
}
