/**
 * Keeping up with the chain: announcing our blocks, fetching those that others announce, and going
 * through the chain of a peer that is far ahead. Reference: consensus 7.3, 7.6, 8.
 *
 * - **Keeping up.** A block is wanted from the moment somebody announces it until it is imported or
 *   given up. It is asked of its announcers in turn, with as many of its ancestors as seem to be
 *   missing, and with more when that was not enough.
 * - **Catching up.** Where a peer is further ahead than one question reaches, its chain is followed
 *   upwards from the last block that both have. One peer at a time; which one is drawn by lot, so
 *   that nobody who claims much and delivers nothing holds us up for long.
 *
 * Nothing in an announcement is believed: it costs a question. Wanted blocks are bounded per peer and
 * altogether, and so is what is remembered of each.
 */
import { randomBelow, shuffle, sleep, type Timer } from "@parahost/base";
import { type Hash, type Header, headerHash } from "@parahost/primitives";
import { encode, tryDecode } from "@parahost/scale";
import type { Network, NotificationChannel, PeerId } from "../port.ts";
import {
  BlockAnnounce,
  BlockAnnouncesHandshake,
  blockAnnouncesProtocol,
} from "../protocols/block-announces.ts";
import { type ChainIdentity, isRole, Role } from "../protocols/names.ts";
import {
  BlockAttribute,
  type BlockRequest,
  type BlockStart,
  SYNC_BLOCKS_MAX,
  syncProtocol,
} from "../protocols/sync.ts";
import { Reputation } from "../reputation.ts";
import { BlockQuestions } from "./block-questions.ts";
import { BlockServer } from "./block-server.ts";
import type { AnsweredBlock } from "./check-answer.ts";
import { fillGap, type GapChain } from "./gap-fill.ts";
import type { ImportVerdict, SyncChain, SyncPorts } from "./sync-chain.ts";

const TARGET = "sync";
/** A question without an answer for this long is put to the next peer. */
const RETRY_MS = 1000;
/** Questions about one block before it is given up; another announcement wants it again. */
const ATTEMPTS_MAX = 12;
/** Announced blocks that are wanted at one time, altogether and from one announcer. */
const WANTED_MAX = 1024;
const WANTED_PER_PEER_MAX = 32;
/** Peers remembered as holders of one wanted block. */
const HOLDERS_MAX = 16;
/** From here on an announced block is no longer fetched by itself: we have fallen behind. */
const BEHIND_BLOCKS = 64;
/** How long a question for a range may take, and how often it is asked. */
const RANGE_ANSWER_MS = 4000;
const RANGE_ATTEMPTS_MAX = 3;
/** Peers asked for one justification. */
const JUSTIFICATION_PEERS = 3;

const WHOLE_BLOCK = BlockAttribute.header | BlockAttribute.body | BlockAttribute.justification;

interface Wanted {
  /** As announced; of others the highest that it can be worth asking for. */
  readonly number: number;
  /** Whether its holders have said that they have it. */
  readonly isAnnounced: boolean;
  readonly holders: PeerId[];
  /** Blocks asked for, the wanted one and its ancestors. */
  count: number;
  attempts: number;
  retry: Timer | undefined;
}

interface BlockClaim {
  readonly hash: Hash;
  readonly number: number;
}

/** What a peer told us of itself when it connected, and of its chain since. */
export interface PeerState {
  readonly peer: PeerId;
  readonly role: Role;
  readonly best: BlockClaim;
}

export class ChainSync {
  readonly #network: Network;
  readonly #chain: SyncChain;
  readonly #ports: SyncPorts;
  readonly #channel: NotificationChannel;
  readonly #questions: BlockQuestions;
  readonly #wanted = new Map<Hash, Wanted>();
  /** Best block that each connected peer told us of. */
  readonly #peerBest = new Map<PeerId, BlockClaim>();
  readonly #roles = new Map<PeerId, Role>();
  #isCatchingUp = false;
  readonly #closing = new AbortController();

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
          this.#roles.delete(event.peer);
          break;
        case "message":
          this.#onAnnounce(event.peer, event.bytes);
          break;
      }
    });
    this.#questions = new BlockQuestions(network, identity);
    const server = new BlockServer(network, chain, ports.clock);
    network.registerRequests(syncProtocol(identity), (request) => server.answer(request));
  }

  /** Fetches the history that a warp sync has left out, whenever there is nothing more urgent. */
  fillGap(chain: GapChain): Promise<void> {
    const ports = {
      ...this.#ports,
      network: this.#network,
      questions: this.#questions,
      peers: () => (this.#isCatchingUp ? [] : this.#fullPeers().map(([peer]) => peer)),
    };
    return fillGap(chain, ports, this.#closing.signal);
  }

  get channel(): NotificationChannel {
    return this.#channel;
  }

  /** The connected peers, as far as they have said something. */
  peerStates(): PeerState[] {
    return [...this.#roles].flatMap(([peer, role]) => {
      const best = this.#peerBest.get(peer);
      return best === undefined ? [] : [{ peer, role, best }];
    });
  }

  /**
   * The number that at least half of the connected peers claim to have reached: a few that lie can
   * not make us think that we are behind. Zero without peers.
   */
  bestSeenNumber(): number {
    const numbers = this.#fullPeers()
      .map(([, { number }]) => number)
      .sort((a, b) => a - b);
    return numbers[(numbers.length - 1) >> 1] ?? 0;
  }

  /** Tells peers of a block that we imported and that is our best or opens a fork. */
  announce(hash: Hash): void {
    const header = this.#chain.header(hash);
    if (header === undefined) return;
    const bytes = this.#announceBytes(hash, header);
    for (const peer of this.#channel.peers())
      if (this.#peerBest.get(peer)?.hash !== hash) this.#channel.send(peer, bytes);
  }

  /** Asks a few peers for the justification of a block that we have. */
  requestJustification(hash: Hash): void {
    const peers = shuffle(this.#ports.random, [...this.#channel.peers()]);
    const full = peers.filter((peer) => this.#roles.get(peer) !== Role.light);
    for (const peer of full.slice(0, JUSTIFICATION_PEERS)) void this.#askJustification(peer, hash);
  }

  /**
   * Asks for a block that a message of `holder` was about, with its ancestors: votes are for blocks of forks, too,
   * and nobody announces those a second time. Who does not have it pays nothing, as it may have passed on what
   * others said.
   */
  requestBlock(hash: Hash, holder: PeerId): void {
    if (this.#chain.header(hash) !== undefined) return;
    this.#want(hash, this.#chain.best().number, holder, false);
  }

  close(): void {
    this.#closing.abort();
    this.#questions.close();
    for (const wanted of this.#wanted.values()) wanted.retry?.cancel();
    this.#wanted.clear();
  }

  /** What those claim that have blocks to give: a light client follows others. */
  #fullPeers(): [PeerId, BlockClaim][] {
    return [...this.#peerBest].filter(([peer]) => this.#roles.get(peer) !== Role.light);
  }

  get #isClosed(): boolean {
    return this.#closing.signal.aborted;
  }

  // Announcements

  #announceBytes(hash: Hash, header: Header): Uint8Array {
    return encode(BlockAnnounce, {
      header,
      isBest: this.#chain.best().hash === hash,
      data: new Uint8Array(0),
    });
  }

  #onOpened(peer: PeerId, bytes: Uint8Array): void {
    const handshake = tryDecode(BlockAnnouncesHandshake, bytes);
    if (handshake.ok) {
      const { bestHash, bestNumber, role } = handshake.value;
      if (isRole(role)) this.#roles.set(peer, role);
      this.#peerBest.set(peer, { hash: bestHash, number: bestNumber });
    }
    const best = this.#chain.best();
    const header = this.#chain.header(best.hash);
    if (header !== undefined && header.number > 0)
      this.#channel.send(peer, this.#announceBytes(best.hash, header));
    this.#catchUpIfBehind();
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
    if (header.number > this.#chain.best().number + BEHIND_BLOCKS) this.#catchUpIfBehind();
    else this.#want(hash, header.number, peer, true);
  }

  // Keeping up

  #want(hash: Hash, number: number, holder: PeerId, isAnnounced: boolean): void {
    const wanted = this.#wanted.get(hash);
    if (wanted !== undefined) {
      if (wanted.holders.length < HOLDERS_MAX && !wanted.holders.includes(holder))
        wanted.holders.push(holder);
      return;
    }
    let fromHolder = 0;
    for (const { holders } of this.#wanted.values()) if (holders[0] === holder) fromHolder += 1;
    if (this.#wanted.size >= WANTED_MAX || fromHolder >= WANTED_PER_PEER_MAX) {
      this.#ports.logger.log("debug", TARGET, "too many wanted blocks, ignoring one", { hash });
      return;
    }
    const count = Math.max(1, number - this.#chain.best().number);
    const entry: Wanted = {
      number,
      isAnnounced,
      holders: [holder],
      count,
      attempts: 0,
      retry: undefined,
    };
    this.#wanted.set(hash, entry);
    void this.#pursue(hash, entry);
  }

  #forget(hash: Hash): void {
    this.#wanted.get(hash)?.retry?.cancel();
    this.#wanted.delete(hash);
  }

  /** Asks the next holder for the wanted block and what may lie between it and our chain. */
  async #pursue(hash: Hash, wanted: Wanted): Promise<void> {
    if (this.#isClosed) return;
    if (this.#chain.header(hash) !== undefined || wanted.attempts >= ATTEMPTS_MAX) {
      this.#forget(hash);
      return;
    }
    const peer = wanted.holders[wanted.attempts % wanted.holders.length] as PeerId;
    wanted.attempts += 1;
    wanted.retry?.cancel();
    wanted.retry = this.#ports.clock.setTimer(RETRY_MS, () => void this.#pursue(hash, wanted));
    const blocks = await this.#questions.ask(
      peer,
      blockRequest({ type: "hash", hash }, wanted.count),
    );
    if (this.#wanted.get(hash) !== wanted) return;
    if (blocks?.length === 0 && wanted.isAnnounced)
      this.#network.report(peer, Reputation.costMinor, "announced a block it does not have");
    if (blocks === undefined || blocks.length === 0) {
      if (wanted.attempts < wanted.holders.length) await this.#pursue(hash, wanted);
      return;
    }
    const verdict = await this.#importAll(peer, [...blocks].reverse());
    if (this.#wanted.get(hash) !== wanted) return;
    if (verdict === "invalid") this.#forget(hash);
    if (verdict === "unknownParent") await this.#reachBack(hash, wanted, peer);
  }

  /** The ancestors asked for were not enough: more of them, or the way of those that are behind. */
  async #reachBack(hash: Hash, wanted: Wanted, peer: PeerId): Promise<void> {
    const aboveFinality = wanted.number - this.#chain.finalized().number;
    const countMax = Math.min(SYNC_BLOCKS_MAX, aboveFinality);
    if (wanted.count < countMax) {
      wanted.count = Math.min(countMax, 4 * wanted.count);
      await this.#pursue(hash, wanted);
      return;
    }
    this.#forget(hash);
    if (wanted.count < aboveFinality) this.#catchUp(peer);
    // Otherwise it stands on a block that competes with a finalized one and is nothing to us.
  }

  // Catching up

  /** Starts catching up with one of the peers that are far ahead of us, if any is. */
  #catchUpIfBehind(): void {
    if (this.#isCatchingUp) return;
    const best = this.#chain.best().number;
    const ahead: PeerId[] = [];
    for (const [peer, { number }] of this.#fullPeers())
      if (number > best + BEHIND_BLOCKS) ahead.push(peer);
    if (ahead.length > 0)
      this.#catchUp(ahead[randomBelow(this.#ports.random, ahead.length)] as PeerId);
  }

  #catchUp(peer: PeerId): void {
    if (this.#isCatchingUp || this.#isClosed) return;
    this.#isCatchingUp = true;
    void this.#followChainOf(peer).then(() => {
      this.#isCatchingUp = false;
      if (this.#isClosed) return;
      const best = this.#chain.best();
      const claim = this.#peerBest.get(peer);
      if (claim !== undefined && claim.number > best.number + BEHIND_BLOCKS) {
        // It will be asked again when it claims something anew.
        this.#peerBest.set(peer, best);
        this.#network.report(peer, Reputation.costMinor, "does not deliver the blocks it claims");
      }
      this.#catchUpIfBehind();
    });
  }

  /** Imports the peer's best chain upwards from the last block that both of us have. */
  async #followChainOf(peer: PeerId): Promise<void> {
    let start = this.#chain.best().hash;
    let depth = 0;
    let hasCommonBlock = false;
    for (;;) {
      const blocks = await this.#askForRange(peer, start);
      if (this.#isClosed || blocks === undefined) return;
      const last = blocks.at(-1);
      if (last !== undefined && blocks.length > 1) {
        hasCommonBlock = true;
        if ((await this.#importAll(peer, blocks.slice(1))) !== "imported") return;
        start = last.hash;
      } else {
        if (hasCommonBlock || start === this.#chain.finalized().hash) return;
        depth = Math.max(1, 2 * depth);
        start = this.#ancestorOfBest(depth);
      }
    }
  }

  /** The block `depth` below our best one, or the finalized one if that is higher. */
  #ancestorOfBest(depth: number): Hash {
    const finalized = this.#chain.finalized();
    let { hash, number } = this.#chain.best();
    for (let i = 0; i < depth && number > finalized.number; i++) {
      const header = this.#chain.header(hash);
      if (header === undefined) break;
      hash = header.parentHash;
      number -= 1;
    }
    return number > finalized.number ? hash : finalized.hash;
  }

  async #askForRange(peer: PeerId, hash: Hash): Promise<readonly AnsweredBlock[] | undefined> {
    const request = blockRequest({ type: "hash", hash }, SYNC_BLOCKS_MAX, "ascending");
    for (let attempt = 0; attempt < RANGE_ATTEMPTS_MAX && !this.#isClosed; attempt++) {
      const enough = new AbortController();
      const signal = AbortSignal.any([enough.signal, this.#closing.signal]);
      const answer = await Promise.race([
        this.#questions.ask(peer, request),
        sleep(this.#ports.clock, RANGE_ANSWER_MS, signal).then(() => "late" as const),
      ]);
      enough.abort();
      if (answer !== "late") return answer;
    }
    return undefined;
  }

  // Answers

  /**
   * Imports blocks, each the child of the one before, and stops at the first that does not go in. The
   * event loop gets a turn between two blocks, since each of them takes long.
   */
  async #importAll(
    peer: PeerId,
    blocks: readonly AnsweredBlock[],
  ): Promise<ImportVerdict | "missingBody"> {
    for (const [position, block] of blocks.entries()) {
      const { hash, header, body, justifications } = block;
      if (position > 0) await sleep(this.#ports.clock, 0, this.#closing.signal);
      if (this.#isClosed) return "ignored";
      if (this.#chain.header(hash) !== undefined) {
        this.#forget(hash);
        this.#importJustifications(peer, block);
        continue;
      }
      if (body === undefined) return "missingBody";
      const verdict = this.#chain.import(header, body, justifications);
      if (verdict === "invalid") this.#network.report(peer, Reputation.costMajor, "invalid block");
      if (verdict !== "imported") return verdict;
      this.#forget(hash);
    }
    return "imported";
  }

  #importJustifications(peer: PeerId, { hash, justifications }: AnsweredBlock): void {
    if (justifications === undefined || this.#chain.importJustifications(hash, justifications))
      return;
    this.#network.report(peer, Reputation.costMajor, "bad justification");
  }

  async #askJustification(peer: PeerId, hash: Hash): Promise<void> {
    const fields = BlockAttribute.header | BlockAttribute.justification;
    const blocks = await this.#questions.ask(peer, {
      ...blockRequest({ type: "hash", hash }, 1),
      fields,
    });
    const block = blocks?.[0];
    if (block !== undefined) this.#importJustifications(peer, block);
  }
}

/** A question for whole blocks. */
function blockRequest(
  from: BlockStart,
  countMax: number,
  direction: BlockRequest["direction"] = "descending",
): BlockRequest {
  return { fields: WHOLE_BLOCK, from, direction, countMax, takesManyJustifications: true };
}
