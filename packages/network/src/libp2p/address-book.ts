/**
 * Where peers can be reached. Addresses come from the operator, from signed records and from the peers
 * themselves, so there is a limit to how many of them are kept. Fault catalogue, 11.2.
 */

import { type Multiaddr, multiaddr } from "@multiformats/multiaddr";
import { err, LruMap, ok, type Result } from "@parahost/base";
import { peerIdBytes } from "../peer-id.ts";
import { type AddressError, type PeerId, peerId } from "../port.ts";

/** Peers whose addresses are kept; who was not heard of for longest is forgotten first. */
const PEERS_MAX = 2_048;
/** Addresses of one peer. */
export const ADDRESSES_PER_PEER_MAX = 16;
/** Longest text that is read as an address. */
const ADDRESS_LENGTH_MAX = 512;

/** An address with the peer that is to be found there. */
export interface PeerAddress {
  readonly peer: PeerId;
  readonly address: Multiaddr;
}

const EXAMPLE = "for example /ip4/127.0.0.1/tcp/30333/ws/p2p/12D3KooW…";

/** Reads `/ip4/…/tcp/…[/ws]/p2p/<peer id>`. */
export function parsePeerAddress(text: string): Result<PeerAddress, AddressError> {
  const bad = (why: string): Result<PeerAddress, AddressError> =>
    err({
      code: "badAddress",
      message: `${JSON.stringify(text.slice(0, 100))} is no address of a peer: ${why}. Give one with host, port and peer id, ${EXAMPLE}`,
    });
  const address = parseMultiaddr(text);
  if (address === undefined) return bad("it is no multiaddress");
  const components = address.getComponents();
  const peer = components.findLast(({ name }) => name === "p2p")?.value;
  if (peer === undefined || peerIdBytes(peer) === undefined)
    return bad("it does not end with the id of an ed25519 key");
  if (!isDialable(address)) return bad("nothing can be reached there");
  return ok({ peer: peerId(peer), address });
}

/** `undefined` for what is no multiaddress. */
export function parseMultiaddr(input: string | Uint8Array): Multiaddr | undefined {
  if (input.length > ADDRESS_LENGTH_MAX) return undefined;
  try {
    return multiaddr(input);
  } catch {
    // The library throws errors of several kinds for what comes from others; all mean the same.
    return undefined;
  }
}

/** Whether it names one host and a TCP port: not all interfaces, no port 0, nothing relayed. */
export function isDialable(address: Multiaddr): boolean {
  const components = address.getComponents();
  const [host, transport] = components;
  if (host === undefined || transport?.name !== "tcp") return false;
  if (!["ip4", "ip6", "dns", "dns4", "dns6"].includes(host.name)) return false;
  if (components.some(({ name }) => name === "p2p-circuit")) return false;
  const isEverywhere = host.value === "0.0.0.0" || /^[0:]+$/.test(host.value ?? "");
  return !isEverywhere && Number(transport.value) > 0;
}

export class AddressBook {
  readonly #addresses = new LruMap<PeerId, readonly Multiaddr[]>(PEERS_MAX);

  /** Adds what can be dialled; the newest come first and push out the oldest. */
  add(peer: PeerId, addresses: readonly Multiaddr[]): void {
    const known = this.#addresses.get(peer) ?? [];
    const merged: Multiaddr[] = [];
    for (const address of [...addresses.slice(0, ADDRESSES_PER_PEER_MAX), ...known])
      if (isDialable(address) && !merged.some((other) => other.equals(address)))
        merged.push(address);
    if (merged.length > 0) this.#addresses.set(peer, merged.slice(0, ADDRESSES_PER_PEER_MAX));
  }

  get(peer: PeerId): readonly Multiaddr[] {
    return this.#addresses.get(peer) ?? [];
  }

  peers(): IterableIterator<PeerId> {
    return this.#addresses.keys();
  }
}
