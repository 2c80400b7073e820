/**
 * Which authority is at which address, for networks whose operator starts all validators: a JSON list of
 * `{ "authority": "0x…", "addresses": ["/ip4/127.0.0.1/tcp/30333/p2p/12D3KooW…"] }`.
 */
import { readFileSync } from "node:fs";
import { type Hex, HostError, isHex } from "@parahost/base";
import { type PeerAddress, parsePeerAddress } from "@parahost/network/libp2p/address-book";
import { AuthorityTable } from "@parahost/node/network-bridge/authority-discovery";
import { asAuthorityDiscoveryId } from "@parahost/primitives";

export interface AuthorityEntry {
  readonly authority: Hex;
  readonly addresses: readonly string[];
}

export interface KnownAuthorities {
  readonly table: AuthorityTable;
  readonly addresses: readonly PeerAddress[];
}

/** Throws `HostError` `badAuthorityTable`. */
export function readAuthorityTable(file: string): KnownAuthorities {
  const bad = (why: string): HostError =>
    new HostError("badAuthorityTable", { message: `${file}: ${why}` });
  let entries: unknown;
  try {
    entries = JSON.parse(readFileSync(file, "utf8"));
  } catch (error) {
    throw bad(String(error));
  }
  if (!Array.isArray(entries)) throw bad("a list is wanted");
  const table = new AuthorityTable();
  const addresses: PeerAddress[] = [];
  for (const [index, entry] of entries.entries()) {
    const { authority, addresses: texts } = entry as Partial<AuthorityEntry>;
    if (typeof authority !== "string" || !isHex(authority, 32) || !Array.isArray(texts))
      throw bad(`entry ${index} needs an authority of 32 bytes and its addresses`);
    for (const text of texts) {
      const address = parsePeerAddress(String(text));
      if (!address.ok) throw bad(address.error.message);
      addresses.push(address.value);
      table.add(asAuthorityDiscoveryId(authority), address.value.peer);
    }
  }
  return { table, addresses };
}
