/**
 * A distributed table of signed records: a value lies with the nodes whose ids are nearest to its key, and
 * is found by asking ever nearer nodes. Nearness is the exclusive or of hashes.
 *
 * Bounds: values of others only if `accepts` them, `VALUES_MAX` of them, newest use first; a lookup asks
 * `LOOKUP_PEERS_MAX` nodes, three at a time.
 */
import { type Clock, compareBytes, EMPTY_BYTES, equalBytes, LruMap } from "@parahost/base";
import { encodeBase58, sha256 } from "@parahost/crypto";
import { peerIdBytes } from "../peer-id.ts";
import { type Network, type PeerId, peerId } from "../port.ts";
import type { ChainIdentity } from "../protocols/names.ts";
import { Reputation } from "../reputation.ts";
import {
  CLOSER_PEERS_MAX,
  decodeKadMessage,
  encodeKadMessage,
  type KadMessage,
  type KadPeer,
  kadProtocol,
} from "./kad-messages.ts";

const LOOKUP_PEERS_MAX = 40;
const PARALLEL = 3;
/** Nodes that keep a value. */
const REPLICAS = 20;
const VALUES_MAX = 2_048;
/** A value that was not renewed is forgotten. */
const VALUE_LIFE_MS = 36 * 3_600_000;

/** The network, and where its members are. */
export interface DiscoveryNetwork
  extends Pick<Network, "localPeer" | "registerRequests" | "request" | "report"> {
  /** Everybody whose address is known or who is connected. */
  knownPeers(): readonly PeerId[];
  /** Multiaddresses as bytes. */
  addressesOf(peer: PeerId): readonly Uint8Array[];
  /** Somebody says that the peer is there. */
  learnAddresses(peer: PeerId, addresses: readonly Uint8Array[]): void;
}

export class Kademlia {
  readonly #network: DiscoveryNetwork;
  readonly #clock: Clock;
  readonly #protocolName: string;
  readonly #accepts: (key: Uint8Array, value: Uint8Array, before?: Uint8Array) => boolean;
  readonly #values = new LruMap<string, { readonly value: Uint8Array; readonly until: number }>(
    VALUES_MAX,
  );
  /** Positions of peers, which cost a hash each. */
  readonly #positions = new LruMap<PeerId, Uint8Array>(4_096);

  /** `accepts` says whether a value is kept, in place of the one `before`. */
  constructor(
    network: DiscoveryNetwork,
    chain: ChainIdentity,
    clock: Clock,
    accepts: (key: Uint8Array, value: Uint8Array, before?: Uint8Array) => boolean,
  ) {
    this.#network = network;
    this.#clock = clock;
    this.#accepts = accepts;
    const protocol = kadProtocol(chain);
    this.#protocolName = protocol.name;
    network.registerRequests(protocol, ({ peer, payload, respond, refuse }) => {
      const request = decodeKadMessage(payload);
      const answer = request.ok ? this.#answer(request.value) : undefined;
      if (!request.ok) network.report(peer, Reputation.costMinor, request.error.message);
      if (answer === undefined) refuse();
      else respond(encodeKadMessage(answer));
    });
  }

  /** All values found for a key, our own included; the caller knows which is good. */
  async get(key: Uint8Array): Promise<readonly Uint8Array[]> {
    const values: Uint8Array[] = [];
    const own = this.#valueOf(key);
    if (own !== undefined) values.push(own);
    await this.#lookUp(key, "getValue", ({ record }) => {
      if (record !== undefined && equalBytes(record.key, key)) values.push(record.value);
    });
    return values;
  }

  /** Gives a value to the nodes nearest to its key. Resolves to how many took it. */
  async put(key: Uint8Array, value: Uint8Array): Promise<number> {
    const nearest = await this.#lookUp(key, "findNode", () => {});
    const record = { key, value };
    const payload = encodeKadMessage({ type: "putValue", key, record, closerPeers: [] });
    this.#keep(key, value);
    const answers = await Promise.all(
      nearest
        .slice(0, REPLICAS)
        .map((peer) => this.#network.request(peer, this.#protocolName, payload, "tryConnect")),
    );
    return answers.filter(({ ok }) => ok).length;
  }

  /** Asks ever nearer nodes; those that answered, nearest first. */
  async #lookUp(
    key: Uint8Array,
    type: "findNode" | "getValue",
    onAnswer: (answer: KadMessage) => void,
  ): Promise<readonly PeerId[]> {
    const target = sha256(key);
    const payload = encodeKadMessage({ type, key, closerPeers: [] });
    const asked = new Set<PeerId>([this.#network.localPeer]);
    const answered: PeerId[] = [];
    const known = new Set(this.#network.knownPeers());
    while (asked.size <= LOOKUP_PEERS_MAX) {
      const next = this.#nearest(
        target,
        [...known].filter((peer) => !asked.has(peer)),
      ).slice(0, PARALLEL);
      if (next.length === 0) break;
      for (const peer of next) asked.add(peer);
      await Promise.all(
        next.map(async (peer) => {
          const response = await this.#network.request(
            peer,
            this.#protocolName,
            payload,
            "tryConnect",
          );
          if (!response.ok) return;
          const answer = decodeKadMessage(response.value);
          if (!answer.ok) {
            this.#network.report(peer, Reputation.costMinor, answer.error.message);
            return;
          }
          answered.push(peer);
          onAnswer(answer.value);
          for (const found of answer.value.closerPeers) {
            const id = idOf(found);
            if (id === undefined || id === this.#network.localPeer) continue;
            this.#network.learnAddresses(id, found.addresses);
            known.add(id);
          }
        }),
      );
    }
    return this.#nearest(target, answered);
  }

  #answer({ type, key, record }: KadMessage): KadMessage | undefined {
    switch (type) {
      case "findNode":
        return { type, key, closerPeers: this.#closer(key) };
      case "getValue": {
        const value = this.#valueOf(key);
        const closerPeers = this.#closer(key);
        return {
          type,
          key,
          closerPeers,
          ...(value === undefined ? {} : { record: { key, value } }),
        };
      }
      case "putValue":
        if (record === undefined || !this.#keep(record.key, record.value)) return undefined;
        return { type, key: record.key, record, closerPeers: [] };
    }
  }

  #keep(key: Uint8Array, value: Uint8Array): boolean {
    if (!this.#accepts(key, value, this.#valueOf(key))) return false;
    this.#values.set(encodeBase58(key), { value, until: this.#clock.now() + VALUE_LIFE_MS });
    return true;
  }

  #valueOf(key: Uint8Array): Uint8Array | undefined {
    const kept = this.#values.get(encodeBase58(key));
    return kept === undefined || kept.until < this.#clock.now() ? undefined : kept.value;
  }

  #closer(key: Uint8Array): readonly KadPeer[] {
    const known = this.#network
      .knownPeers()
      .filter((peer) => this.#network.addressesOf(peer).length > 0);
    return this.#nearest(sha256(key), known)
      .slice(0, CLOSER_PEERS_MAX)
      .map((peer) => ({
        id: peerIdBytes(peer) ?? EMPTY_BYTES,
        addresses: this.#network.addressesOf(peer),
      }));
  }

  #nearest(target: Uint8Array, peers: readonly PeerId[]): PeerId[] {
    return peers
      .map((peer) => ({ peer, distance: distance(target, this.#position(peer)) }))
      .sort((a, b) => compareBytes(a.distance, b.distance))
      .map(({ peer }) => peer);
  }

  #position(peer: PeerId): Uint8Array {
    const known = this.#positions.get(peer);
    if (known !== undefined) return known;
    const position = sha256(peerIdBytes(peer) ?? EMPTY_BYTES);
    this.#positions.set(peer, position);
    return position;
  }
}

function idOf({ id }: KadPeer): PeerId | undefined {
  // Longer ones are of other kinds of keys, and not worth converting.
  if (id.length !== 38) return undefined;
  const text = encodeBase58(id);
  return peerIdBytes(text) === undefined ? undefined : peerId(text);
}

const distance = (a: Uint8Array, b: Uint8Array): Uint8Array =>
  a.map((byte, i) => byte ^ (b[i] as number));
