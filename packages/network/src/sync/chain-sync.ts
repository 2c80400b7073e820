/**
 * Keeping up with the chain: announcing our blocks, fetching the blocks that others announce, filling
 * the way back to a block we know, and answering the same questions for others.
 *
 * A block is wanted from the moment somebody announces it until it is imported or given up. Its body
 * is asked of the announcers in turn; a lost question costs `RETRY_MS`, not the protocol's timeout.
 * Reference: consensus 7.3, 7.6, 8.
 */
import { type Clock, type Logger, type Random, shuffle, type Timer } from "@parahost/base";
import { type Hash, type Header, headerHash, type Justifications } from "@parahost/primitives";
import { encode, tryDecode } from "@parahost/scale";
import type { IncomingRequest, Network, NotificationChannel, PeerId } from "../port.ts";
import {
  BlockAnnounce,
  BlockAnnouncesHandshake,
  blockAnnouncesProtocol,
} from "../protocols/block-announces.ts";
import { type ChainIdentity, isRole, type Role } from "../protocols/names.ts";
import {
  BlockAttribute,
  type BlockData,
  type BlockRequest,
  decodeBlockRequest,
  decodeBlockResponse,
  encodeBlockRequest,
  encodeBlockResponse,
  SYNC_BLOCKS_MAX,
  SYNC_BODY_BYTES_SOFT_MAX,
  syncProtocol,
} from "../protocols/sync.ts";
import { Reputation } from "../reputation.ts";

const TARGET = "sync";
/** A question without an answer for this long is put to the next peer. */
const RETRY_MS = 1000;
/** Questions about one block before it is given up; another announcement wants it again. */
const ATTEMPTS_MAX = 12;
/** Announced blocks that are wanted at one time. */
const WANTED_MAX = 256;
/** Peers remembered as holders of one wanted block. */
const HOLDERS_MAX = 16;
/** Blocks asked for at once on the way back to our chain. */
const BLOCKS_PER_QUESTION = 64;

export type ImportVerdict =
  /** In the chain now, or already before. */
  | "imported"
  /** Its parent is not known: the way back is fetched first. */
  | "unknownParent"
  /** Refused, through no fault of the peer: too early, or behind finality. */
  | "ignored"
  /** Refused as invalid: whoever sent it pays. */
  | "invalid";

/** The chain as sync sees it. */
export interface SyncChain {
  readonly genesisHash: Hash;
  best(): { readonly hash: Hash; readonly number: number };
  finalized(): { readonly hash: Hash; readonly number: number };
  header(hash: Hash): Header | undefined;
  body(hash: Hash): readonly Uint8Array[] | undefined;
  justifications(hash: Hash): Justifications | undefined;
  /** Hash of the best chain's block with this number. */
  hashByNumber(number: number): Hash | undefined;
  import(
    header: Header,
    body: readonly Uint8Array[],
    justifications: Justifications | undefined,
  ): ImportVerdict;
  /** A justification for a block that we have; false when it does not prove what it claims. */
  importJustifications(hash: Hash, justifications: Justifications): boolean;
}

export interface SyncPorts {
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
}

interface Wanted {
  readonly number: number;
  readonly holders: PeerId[];
  attempts: number;
  retry: Timer | undefined;
}

export class ChainSync {
  readonly #network: Network;
  readonly #chain: SyncChain;
  readonly #ports: SyncPorts;
  readonly #channel: NotificationChannel;
  readonly #requestName: string;
  readonly #wanted = new Map<Hash, Wanted>();
  /** Best block that each connected peer told us of. */
  readonly #peerBest = new Map<PeerId, { readonly hash: Hash; readonly number: number }>();
  #closed = false;

  constructor(
    network: Network,
    chain: SyncChain,
    identity: ChainIdentity,
    role: Role,
    ports: SyncPorts,
  ) {
    this.#network = network;
    this.#chain = chain;
    this.#ports = ports;
    const protocol = blockAnnouncesProtocol(identity, {
      handshake: () => {
        const best = chain.best();
        return encode(BlockAnnouncesHandshake, {
          role,
          bestNumber: best.number,
          bestHash: best.hash,
          genesisHash: chain.genesisHash,
        });
      },
      accept: (_, bytes) => {
        const handshake = tryDecode(BlockAnnouncesHandshake, bytes);
        return (
          handshake.ok &&
          isRole(handshake.value.role) &&
          handshake.value.genesisHash === chain.genesisHash
        );
      },
    });
    this.#channel = network.registerNotifications(protocol, (event) => {
      switch (event.type) {
        case "opened":
          this.#onOpened(event.peer, event.handshake);
          break;
        case "closed":
          this.#peerBest.delete(event.peer);
          break;
        case "message":
          this.#onAnnounce(event.peer, event.bytes);
          break;
      }
    });
    const requests = syncProtocol(identity);
    this.#requestName = requests.name;
    network.registerRequests(requests, (request) => this.#answer(request));
  }

  get channel(): NotificationChannel {
    return this.#channel;
  }

  /** The highest block that a connected peer claims to have. */
  bestSeenNumber(): number {
    let highest = 0;
    for (const { number } of this.#peerBest.values()) highest = Math.max(highest, number);
    return highest;
  }

  /** Tells every peer of a block that we imported and that is our best or opens a fork. */
  announce(hash: Hash): void {
    const header = this.#chain.header(hash);
    if (header === undefined) return;
    const bytes = this.#announceBytes(hash, header);
    for (const peer of this.#channel.peers()) this.#channel.send(peer, bytes);
  }

  /** Asks a few peers for the justification of a block that we have. */
  requestJustification(hash: Hash): void {
    const peers = shuffle(this.#ports.random, [...this.#channel.peers()]).slice(0, 3);
    for (const peer of peers)
      void this.#ask(peer, {
        fields: BlockAttribute.header | BlockAttribute.justification,
        from: { type: "hash", hash },
        direction: "descending",
        countMax: 1,
      });
  }

  close(): void {
    this.#closed = true;
    for (const wanted of this.#wanted.values()) wanted.retry?.cancel();
    this.#wanted.clear();
  }

  #announceBytes(hash: Hash, header: Header): Uint8Array {
    return encode(BlockAnnounce, {
      header,
      isBest: this.#chain.best().hash === hash,
      data: new Uint8Array(0),
    });
  }

  #onOpened(peer: PeerId, bytes: Uint8Array): void {
    const handshake = tryDecode(BlockAnnouncesHandshake, bytes);
    if (handshake.ok)
      this.#peerBest.set(peer, {
        hash: handshake.value.bestHash,
        number: handshake.value.bestNumber,
      });
    const best = this.#chain.best();
    const header = this.#chain.header(best.hash);
    if (header !== undefined && header.number > 0)
      this.#channel.send(peer, this.#announceBytes(best.hash, header));
  }

  #onAnnounce(peer: PeerId, bytes: Uint8Array): void {
    const announce = tryDecode(BlockAnnounce, bytes);
    if (!announce.ok) {
      this.#network.report(peer, Reputation.costMajor, "undecodable block announcement");
      return;
    }
    const { header, isBest } = announce.value;
    const hash = headerHash(header);
    const known = this.#peerBest.get(peer);
    if (isBest || known === undefined || known.number < header.number)
      this.#peerBest.set(peer, { hash, number: header.number });
    if (this.#chain.header(hash) !== undefined) return;
    if (header.number <= this.#chain.finalized().number) return;
    this.#want(hash, header.number, peer);
  }

  #want(hash: Hash, number: number, holder: PeerId): void {
    const wanted = this.#wanted.get(hash);
    if (wanted !== undefined) {
      if (wanted.holders.length < HOLDERS_MAX && !wanted.holders.includes(holder))
        wanted.holders.push(holder);
      return;
    }
    if (this.#wanted.size >= WANTED_MAX) {
      this.#ports.logger.log("debug", TARGET, "too many wanted blocks, ignoring one", { hash });
      return;
    }
    const entry: Wanted = { number, holders: [holder], attempts: 0, retry: undefined };
    this.#wanted.set(hash, entry);
    this.#pursue(hash, entry);
  }

  /** Asks the next holder for the wanted block and what lies between it and our chain. */
  #pursue(hash: Hash, wanted: Wanted): void {
    if (this.#closed) return;
    if (this.#chain.header(hash) !== undefined || wanted.attempts >= ATTEMPTS_MAX) {
      this.#forget(hash);
      return;
    }
    const peer = wanted.holders[wanted.attempts % wanted.holders.length] as PeerId;
    wanted.attempts += 1;
    wanted.retry?.cancel();
    wanted.retry = this.#ports.clock.setTimer(RETRY_MS, () => this.#pursue(hash, wanted));
    const gap = wanted.number - this.#chain.best().number;
    const countMax = Math.max(1, Math.min(BLOCKS_PER_QUESTION, gap));
    void this.#ask(peer, {
      fields: BlockAttribute.header | BlockAttribute.body | BlockAttribute.justification,
      from: { type: "hash", hash },
      direction: "descending",
      countMax,
    });
  }

  #forget(hash: Hash): void {
    this.#wanted.get(hash)?.retry?.cancel();
    this.#wanted.delete(hash);
  }

  async #ask(peer: PeerId, request: BlockRequest): Promise<void> {
    const response = await this.#network.request(
      peer,
      this.#requestName,
      encodeBlockRequest(request),
    );
    if (this.#closed || !response.ok) return;
    const blocks = decodeBlockResponse(response.value, request.fields);
    if (!blocks.ok) {
      this.#network.report(peer, Reputation.costMajor, blocks.error.message);
      return;
    }
    this.#take(peer, blocks.value);
  }

  /** Imports an answer oldest first; the way back beyond it is asked for in turn. */
  #take(peer: PeerId, blocks: readonly BlockData[]): void {
    const ascending = [...blocks].sort((a, b) => (a.header?.number ?? 0) - (b.header?.number ?? 0));
    for (const { hash, header, body, justifications } of ascending) {
      if (header === undefined) continue;
      if (headerHash(header) !== hash) {
        this.#network.report(peer, Reputation.costMajor, "header does not match its hash");
        return;
      }
      if (this.#chain.header(hash) !== undefined) {
        this.#forget(hash);
        if (justifications !== undefined && !this.#chain.importJustifications(hash, justifications))
          this.#network.report(peer, Reputation.costMajor, "bad justification");
        continue;
      }
      if (body === undefined) continue;
      const verdict = this.#chain.import(header, body, justifications);
      switch (verdict) {
        case "imported":
        case "ignored":
          this.#forget(hash);
          break;
        case "unknownParent":
          if (header.number > this.#chain.finalized().number)
            this.#want(header.parentHash, header.number - 1, peer);
          break;
        case "invalid":
          this.#forget(hash);
          this.#network.report(peer, Reputation.costMajor, "invalid block");
          return;
      }
    }
    this.#resumeChildren();
  }

  /** Wanted blocks that waited for an ancestor are asked for again at once. */
  #resumeChildren(): void {
    for (const [hash, wanted] of [...this.#wanted])
      if (wanted.number === this.#chain.best().number + 1) this.#pursue(hash, wanted);
  }

  #answer(request: IncomingRequest): void {
    const question = decodeBlockRequest(request.payload);
    if (!question.ok) {
      this.#network.report(request.peer, Reputation.costMajor, question.error.message);
      request.refuse();
      return;
    }
    request.respond(encodeBlockResponse(this.#collect(question.value)));
  }

  #collect({ fields, from, direction, countMax }: BlockRequest): BlockData[] {
    const limit = Math.min(countMax === 0 ? SYNC_BLOCKS_MAX : countMax, SYNC_BLOCKS_MAX);
    const blocks: BlockData[] = [];
    let bodyBytes = 0;
    let hash = from.type === "hash" ? from.hash : this.#chain.hashByNumber(from.number);
    while (hash !== undefined && blocks.length < limit && bodyBytes < SYNC_BODY_BYTES_SOFT_MAX) {
      const header = this.#chain.header(hash);
      if (header === undefined) break;
      const body = (fields & BlockAttribute.body) !== 0 ? this.#chain.body(hash) : undefined;
      for (const extrinsic of body ?? []) bodyBytes += extrinsic.length;
      const justifications =
        (fields & BlockAttribute.justification) !== 0
          ? this.#chain.justifications(hash)
          : undefined;
      blocks.push({
        hash,
        ...((fields & BlockAttribute.header) !== 0 ? { header } : {}),
        ...(body === undefined ? {} : { body }),
        ...(justifications === undefined ? {} : { justifications }),
      });
      if (direction === "descending")
        hash = header.number === 0 ? undefined : (header.parentHash as Hash);
      else {
        // Ascending walks the canonical chain only: a block off it has no next one.
        hash =
          this.#chain.hashByNumber(header.number) === hash
            ? this.#chain.hashByNumber(header.number + 1)
            : undefined;
      }
    }
    return blocks;
  }
}
