import assert from "node:assert/strict";
import { test } from "node:test";
import type { Multiaddr } from "@multiformats/multiaddr";
import { expectOk, hexToBytes } from "@parahost/base";
import { ed25519PairFromUri } from "@parahost/crypto";
import { peerIdOfKey } from "../peer-id.ts";
import { peerId } from "../port.ts";
import {
  ADDRESSES_PER_PEER_MAX,
  AddressBook,
  parseMultiaddr,
  parsePeerAddress,
} from "./address-book.ts";

const peer = peerIdOfKey(hexToBytes(expectOk(ed25519PairFromUri("//Alice"), "a key").publicKey));
const at = (text: string): Multiaddr => parseMultiaddr(text) ?? assert.fail(text);

test("an address with host, port and peer is read", () => {
  for (const host of [
    "/ip4/127.0.0.1/tcp/30333",
    "/ip6/::1/tcp/1/ws",
    "/dns4/example.org/tcp/443",
  ]) {
    const read = expectOk(parsePeerAddress(`${host}/p2p/${peer}`), host);
    assert.equal(read.peer, peer);
  }
});

test("what cannot be dialled, or names nobody, is refused in one line that shows a good one", () => {
  const refused: readonly (readonly [string, RegExp])[] = [
    ["", /it is no multiaddress|id of an ed25519 key/],
    ["localhost:30333", /it is no multiaddress/],
    ["/ip4/999.1.1.1/tcp/1", /it is no multiaddress/],
    [`/ip4/1.2.3.4/tcp/65536/p2p/${peer}`, /it is no multiaddress/],
    ["/ip4/127.0.0.1/tcp/30333", /id of an ed25519 key/],
    [`/ip4/127.0.0.1/tcp/30333/p2p/${peer.slice(0, -1)}`, /no multiaddress|id of an ed25519 key/],
    [`/ip4/0.0.0.0/tcp/30333/p2p/${peer}`, /nothing can be reached there/],
    [`/ip6/::/tcp/30333/p2p/${peer}`, /nothing can be reached there/],
    [`/ip4/1.2.3.4/tcp/0/p2p/${peer}`, /nothing can be reached there/],
    [`/ip4/1.2.3.4/udp/30333/p2p/${peer}`, /nothing can be reached there/],
    [`/ip4/1.2.3.4/tcp/1/p2p/${peer}/p2p-circuit/p2p/${peer}`, /nothing can be reached there/],
    [`/dns4/${"a".repeat(10_000)}/tcp/1/p2p/${peer}`, /it is no multiaddress/],
  ];
  for (const [text, why] of refused) {
    const read = parsePeerAddress(text);
    assert.ok(!read.ok, text);
    assert.match(read.error.message, why);
    assert.match(read.error.message, /for example \/ip4/);
    assert.ok(read.error.message.length < 400);
  }
});

test("of a thousand addresses of one peer the newest sixteen are kept, each once", () => {
  const book = new AddressBook();
  const many = Array.from({ length: 1000 }, (_, index) =>
    at(`/ip4/10.0.${index >> 8}.${index & 255}/tcp/1`),
  );
  book.add(peer, many);
  assert.equal(book.get(peer).length, ADDRESSES_PER_PEER_MAX);
  for (const address of many) book.add(peer, [address, address]);
  assert.deepEqual(
    book.get(peer).map(String),
    many.slice(-ADDRESSES_PER_PEER_MAX).reverse().map(String),
  );
  book.add(peerId("other"), [at("/ip4/0.0.0.0/tcp/1"), at("/ip4/1.2.3.4/tcp/0")]);
  assert.deepEqual([...book.peers()], [peer]);
});

test("of more peers than there is room for those heard of last are kept", () => {
  const book = new AddressBook();
  for (let index = 0; index < 3000; index++)
    book.add(peerId(`p${index}`), [at("/ip4/1.2.3.4/tcp/1")]);
  assert.equal([...book.peers()].length, 2048);
  assert.equal(book.get(peerId("p0")).length, 0);
  assert.equal(book.get(peerId("p2999")).length, 1);
});
