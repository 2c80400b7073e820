/** Protocol names: `/<genesis hash without 0x>[/<fork id>]/<suffix>`. Reference: consensus 7.1. */
import type { Hash } from "@parahost/primitives";

export interface ChainIdentity {
  readonly genesisHash: Hash;
  readonly forkId?: string;
}

export function protocolName({ genesisHash, forkId }: ChainIdentity, suffix: string): string {
  const fork = forkId === undefined ? "" : `/${forkId}`;
  return `/${genesisHash.slice(2)}${fork}/${suffix}`;
}

/** Role of a node in handshakes: bit flags. */
export const Role = { full: 1, light: 2, authority: 4 } as const;
export type Role = (typeof Role)[keyof typeof Role];

export function isRole(value: number): value is Role {
  return value === Role.full || value === Role.light || value === Role.authority;
}

/** Full nodes and light clients that may follow the chain with us, and nodes that we look for ourselves. */
export const SYNC_SLOTS = { inbound: 132, outbound: 8 } as const;

const KIB = 1024;
export const MIB: number = 1024 * KIB;
/** Longest notification of the validation and collation peer sets. Node-side reference, 1.3. */
export const PARACHAIN_NOTIFICATION_BYTES_MAX: number = 100 * KIB;
/** Longest parachain request. */
export const PARACHAIN_REQUEST_BYTES_MAX = 1000;
/** Largest PoV that any configuration may allow. */
export const POV_BYTES_MAX: number = 10 * MIB;
/** Longest answer that carries a PoV or what is about as large. */
export const POV_RESPONSE_BYTES_MAX: number = POV_BYTES_MAX + 10_000;
/** Largest validation code. */
export const CODE_BYTES_MAX: number = 3 * MIB;
