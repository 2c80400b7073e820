/**
 * Which peer is which authority, by the records that authorities sign themselves: our own are published,
 * those of others looked up, and kept for the network when they are good.
 */
import { bytesToHex, type Clock, type Hex, type Timer } from "@parahost/base";
import type { Ed25519Pair, Keystore } from "@parahost/crypto";
import type { AuthorityDiscoveryId } from "@parahost/primitives";
import type { PeerId } from "../port.ts";
import type { ChainIdentity } from "../protocols/names.ts";
import {
  type AuthorityRecord,
  authorityRecordKey,
  openAuthorityRecord,
  signAuthorityRecord,
} from "./authority-record.ts";
import { type DiscoveryNetwork, Kademlia } from "./kademlia.ts";

/** Records are made anew and asked for again after this long. */
const REFRESH_MS = 600_000;
/** While some authority was not found, it is looked for again sooner. */
const RETRY_MS = 5_000;
/** A record from further ahead was made by a clock that is wrong, and would never be replaced. */
const FUTURE_MS = 60_000;

export interface RecordDiscoveryPorts {
  readonly network: DiscoveryNetwork;
  readonly clock: Clock;
  readonly keystore: Keystore;
  readonly identity: Ed25519Pair;
  /** Multiaddresses, as bytes, at which others reach us; each ends with our peer id. */
  readonly ownAddresses: () => readonly Uint8Array[];
}

export class RecordDiscovery {
  readonly #ports: RecordDiscoveryPorts;
  readonly #kademlia: Kademlia;
  #authorities = new Map<Hex, AuthorityDiscoveryId>();
  readonly #records = new Map<AuthorityDiscoveryId, AuthorityRecord>();
  #timer: Timer | undefined;
  #isRunning = false;
  #isStopped = false;

  constructor(chain: ChainIdentity, ports: RecordDiscoveryPorts) {
    this.#ports = ports;
    this.#kademlia = new Kademlia(ports.network, chain, ports.clock, (key, value, before) => {
      const authority = this.#authorities.get(bytesToHex(key));
      if (authority === undefined) return false;
      const record = this.#open(authority, value);
      const known = before === undefined ? undefined : this.#open(authority, before);
      return record !== undefined && (known === undefined || known.createdAt <= record.createdAt);
    });
  }

  /** The authorities of past, present and next session: those that are looked for from now on. */
  setAuthorities(authorities: readonly AuthorityDiscoveryId[]): void {
    const before = this.#authorities;
    this.#authorities = new Map(
      authorities.map((authority) => [bytesToHex(authorityRecordKey(authority)), authority]),
    );
    const current = new Set(authorities);
    for (const authority of this.#records.keys())
      if (!current.has(authority)) this.#records.delete(authority);
    const hasNew = [...this.#authorities.keys()].some((key) => !before.has(key));
    if (hasNew) this.#runAfter(0);
  }

  /** The peer that an authority says it is at; nobody while that is unknown. */
  peersOf(authority: AuthorityDiscoveryId): readonly PeerId[] {
    const record = this.#records.get(authority);
    return record === undefined ? [] : [record.peer];
  }

  /** The authorities at a peer. */
  authoritiesOf(peer: PeerId): readonly AuthorityDiscoveryId[] {
    return [...this.#records].filter(([, record]) => record.peer === peer).map(([of]) => of);
  }

  stop(): void {
    this.#isStopped = true;
    this.#timer?.cancel();
  }

  #runAfter(ms: number): void {
    if (this.#isStopped || this.#isRunning) return;
    this.#timer?.cancel();
    this.#timer = this.#ports.clock.setTimer(ms, () => void this.#run());
  }

  /** Publishes what is ours and looks for what is not. */
  async #run(): Promise<void> {
    this.#isRunning = true;
    const own = new Set<string>(this.#ports.keystore.publicKeys("audi"));
    let missing = 0;
    for (const authority of [...this.#authorities.values()]) {
      if (this.#isStopped) break;
      const isFound = own.has(authority)
        ? await this.#publish(authority)
        : await this.#find(authority);
      if (!isFound) missing += 1;
    }
    this.#isRunning = false;
    this.#runAfter(missing > 0 ? RETRY_MS : REFRESH_MS);
  }

  async #publish(authority: AuthorityDiscoveryId): Promise<boolean> {
    const { clock, keystore, identity, ownAddresses } = this.#ports;
    const record = { addresses: ownAddresses(), createdAt: clock.now() };
    const signed = signAuthorityRecord(authority, record, keystore, identity);
    if (signed === undefined) return true;
    return (await this.#kademlia.put(authorityRecordKey(authority), signed)) > 0;
  }

  async #find(authority: AuthorityDiscoveryId): Promise<boolean> {
    for (const value of await this.#kademlia.get(authorityRecordKey(authority))) {
      const record = this.#open(authority, value);
      const known = this.#records.get(authority);
      if (record === undefined || (known?.createdAt ?? 0) > record.createdAt) continue;
      this.#records.set(authority, record);
      this.#ports.network.learnAddresses(record.peer, record.addresses);
    }
    return this.#records.has(authority);
  }

  #open(authority: AuthorityDiscoveryId, value: Uint8Array): AuthorityRecord | undefined {
    const opened = openAuthorityRecord(authority, value);
    if (!opened.ok || opened.value.createdAt > this.#ports.clock.now() + FUTURE_MS)
      return undefined;
    return opened.value;
  }
}
