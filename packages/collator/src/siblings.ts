/**
 * The other collators of the same parachain: transactions are passed on to them, and blocks are asked of them, which
 * is quicker than to put them together from the pieces that validators hold, and possible before those have any. They
 * are a network of their own, as nodes of Polkadot's parachains are: its protocols bear the parachain's first block.
 *
 * Nobody is believed: a transaction goes through the pool as everybody's, and a block is executed.
 */
import type { Hex } from "@parahost/base";
import { LruMap } from "@parahost/base";
import {
  type IncomingRequest,
  type Network,
  type NotificationChannel,
  type PeerId,
  Reputation,
  type RequestProtocol,
  Role,
  Transactions,
  transactionsProtocol,
} from "@parahost/network";
import { POV_RESPONSE_BYTES_MAX, protocolName } from "@parahost/network/protocols/names";
import { type Hash, HeadData } from "@parahost/primitives";
import { bytes, encode, fixedHex, option, struct, tryDecode, type ValueOf } from "@parahost/scale";

/** Transactions that a peer is remembered to know. */
const KNOWN_PER_PEER_MAX = 10_000;
const REQUEST_TIMEOUT_MS = 2000;
/** Requests that are answered at one time. */
const INBOUND_MAX = 8;

const HeadHash = fixedHex(32);
const SiblingBlock = struct({ parentHead: HeadData, blockData: bytes() });
const Answer = option(SiblingBlock);
export type SiblingBlock = ValueOf<typeof SiblingBlock>;

export interface SiblingsPorts {
  readonly network: Network;
  /** Who they are. */
  readonly peers: readonly PeerId[];
  /** Hash of the parachain's first block. */
  readonly genesisHash: Hash;
  /** A transaction from somebody else: whether it was new and waits now, or what is wrong with its sender. */
  readonly take: (transaction: Uint8Array) => "taken" | "known" | "bad";
  /** What waits here. */
  readonly waiting: () => readonly Uint8Array[];
  readonly block: (head: Hash) => SiblingBlock | undefined;
  readonly transactionHash: (transaction: Uint8Array) => Hex;
}

export class Siblings {
  readonly #ports: SiblingsPorts;
  readonly #channel: NotificationChannel;
  readonly #blocks: string;
  readonly #known = new Map<PeerId, LruMap<Hex, true>>();

  constructor(ports: SiblingsPorts) {
    this.#ports = ports;
    const { network, peers, genesisHash } = ports;
    const chain = { genesisHash };
    this.#channel = network.registerNotifications(
      transactionsProtocol(chain, {
        handshake: () => new Uint8Array([Role.authority]),
        accept: (_, handshake) => handshake.length === 1 && handshake[0] === Role.authority,
      }),
      (event) => {
        switch (event.type) {
          case "opened":
            this.#known.set(event.peer, new LruMap(KNOWN_PER_PEER_MAX));
            for (const transaction of ports.waiting()) this.#sendTo(event.peer, transaction);
            break;
          case "closed":
            this.#known.delete(event.peer);
            break;
          case "message":
            this.#onTransactions(event.peer, event.bytes);
            break;
        }
      },
    );
    const blocks: RequestProtocol = {
      name: protocolName(chain, "block/1"),
      requestBytesMax: 32,
      responseBytesMax: POV_RESPONSE_BYTES_MAX,
      timeoutMs: REQUEST_TIMEOUT_MS,
      inboundMax: INBOUND_MAX,
    };
    this.#blocks = blocks.name;
    network.registerRequests(blocks, (request) => this.#onRequest(request));
    this.#channel.setReserved(peers);
  }

  /** Passes a transaction on to everybody who may not know it. */
  propagate(transaction: Uint8Array): void {
    for (const peer of this.#channel.peers()) this.#sendTo(peer, transaction);
  }

  /**
   * A block by its head, from the first who has it; `undefined` when nobody does. `accept` says whether it is the one:
   * who gives another is charged.
   */
  async fetch(
    head: Hash,
    accept: (block: SiblingBlock) => "done" | "later" | "bad",
  ): Promise<"done" | "later" | undefined> {
    const { network } = this.#ports;
    const request = encode(HeadHash, head);
    for (const peer of this.#channel.peers()) {
      const answered = await network.request(peer, this.#blocks, request);
      if (!answered.ok) continue;
      const answer = tryDecode(Answer, answered.value);
      if (answer.ok && answer.value === undefined) continue;
      const accepted = answer.ok && answer.value !== undefined ? accept(answer.value) : "bad";
      if (accepted !== "bad") return accepted;
      network.report(peer, Reputation.costMajor, "another block than the one that was asked for");
    }
    return undefined;
  }

  #sendTo(peer: PeerId, transaction: Uint8Array): void {
    const known = this.#known.get(peer);
    const hash = this.#ports.transactionHash(transaction);
    if (known === undefined || known.has(hash)) return;
    known.set(hash, true);
    this.#channel.send(peer, encode(Transactions, [transaction]));
  }

  #onTransactions(peer: PeerId, message: Uint8Array): void {
    const { network, transactionHash, take } = this.#ports;
    const transactions = tryDecode(Transactions, message);
    if (!transactions.ok) {
      network.report(peer, Reputation.costMajor, "undecodable transactions");
      return;
    }
    const known = this.#known.get(peer);
    for (const view of transactions.value) {
      const transaction = view.slice();
      known?.set(transactionHash(transaction), true);
      const taken = take(transaction);
      if (taken === "taken") this.propagate(transaction);
      else if (taken === "bad")
        network.report(peer, Reputation.costMinor, "a transaction that no block could take");
    }
  }

  #onRequest({ payload, respond, refuse }: IncomingRequest): void {
    const head = tryDecode(HeadHash, payload);
    if (!head.ok) refuse();
    else respond(encode(Answer, this.#ports.block(head.value as Hash)));
  }
}
