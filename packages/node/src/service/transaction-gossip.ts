/** Extrinsics between nodes: what we take into the pool is passed on once. Reference: consensus 7.4. */
import { LruMap } from "@parahost/base";
import {
  type ChainIdentity,
  isRole,
  type Network,
  type NotificationChannel,
  type PeerId,
  Reputation,
  type Role,
  Transactions,
  transactionsProtocol,
} from "@parahost/network";
import type { Hash } from "@parahost/primitives";
import type { TransactionValidityError } from "@parahost/runtime";
import { encode, tryDecode } from "@parahost/scale";
import { type TransactionPool, transactionHash } from "../transaction-pool/pool.ts";

/** Transactions that a peer is remembered to know. */
const KNOWN_PER_PEER_MAX = 10_000;

/** What no block could take, on any branch. The rest honest peers send too: states differ. */
function isNeverValid({ type, value }: TransactionValidityError): boolean {
  if (type === "unknown") return value.type === "noUnsignedValidator";
  return value.type === "call" || value.type === "badProof" || value.type === "mandatoryValidation";
}

export class TransactionGossip {
  readonly channel: NotificationChannel;
  readonly #pool: TransactionPool;
  readonly #network: Network;
  readonly #known = new Map<PeerId, LruMap<Hash, true>>();

  constructor(network: Network, chain: ChainIdentity, role: Role, pool: TransactionPool) {
    this.#network = network;
    this.#pool = pool;
    const protocol = transactionsProtocol(chain, {
      handshake: () => new Uint8Array([role]),
      accept: (_, handshake) => handshake.length === 1 && isRole(handshake[0] as number),
    });
    this.channel = network.registerNotifications(protocol, (event) => {
      switch (event.type) {
        case "opened":
          this.#known.set(event.peer, new LruMap(KNOWN_PER_PEER_MAX));
          for (const { extrinsic, validity } of pool.ready())
            if (validity.propagate) this.#sendTo(event.peer, extrinsic);
          break;
        case "closed":
          this.#known.delete(event.peer);
          break;
        case "message":
          this.#receive(event.peer, event.bytes);
          break;
      }
    });
  }

  /** Passes a transaction of the pool on to every peer that may not know it, unless it is to stay here. */
  propagate(extrinsic: Uint8Array): void {
    if (this.#pool.get(transactionHash(extrinsic))?.validity.propagate !== true) return;
    for (const peer of this.channel.peers()) this.#sendTo(peer, extrinsic);
  }

  #sendTo(peer: PeerId, extrinsic: Uint8Array): void {
    const known = this.#known.get(peer);
    const hash = transactionHash(extrinsic);
    if (known === undefined || known.has(hash)) return;
    known.set(hash, true);
    this.channel.send(peer, encode(Transactions, [extrinsic]));
  }

  #receive(peer: PeerId, bytes: Uint8Array): void {
    const extrinsics = tryDecode(Transactions, bytes);
    if (!extrinsics.ok) {
      this.#network.report(peer, Reputation.costMajor, "undecodable transactions");
      return;
    }
    const known = this.#known.get(peer);
    for (const view of extrinsics.value) {
      const extrinsic = view.slice();
      known?.set(transactionHash(extrinsic), true);
      const taken = this.#pool.submit(extrinsic, "external");
      if (taken.ok) this.propagate(extrinsic);
      else if (taken.error.code === "invalid" && isNeverValid(taken.error.reason))
        this.#network.report(peer, Reputation.costMinor, "invalid transaction");
    }
  }
}
