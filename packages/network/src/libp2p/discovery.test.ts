import assert from "node:assert/strict";
import { test } from "node:test";
import { expectOk, silentLogger } from "@parahost/base";
import { ed25519PairFromSeed, MemoryKeystore } from "@parahost/crypto";
import { asAuthorityDiscoveryId, asHash } from "@parahost/primitives";
import { RecordDiscovery } from "../discovery/record-discovery.ts";
import type { NotificationProtocol } from "../port.ts";
import { realClock, until } from "../testing/real-time.ts";
import { parseMultiaddr, parsePeerAddress } from "./address-book.ts";
import { startLibp2pNetwork } from "./start.ts";

const clock = realClock(4);
const chain = { genesisHash: asHash(`0x${"9e".repeat(32)}`) };
const gossip: NotificationProtocol = {
  name: "/discovered/1",
  handshake: () => Uint8Array.of(4),
  messageBytesMax: 100,
  queueMax: 100,
  accept: () => true,
};

/** An authority's node that knows no other but through `bootnodes`. */
async function member(n: number, bootnodes: readonly string[], only?: readonly string[]) {
  const identity = ed25519PairFromSeed(new Uint8Array(32).fill(n));
  const peersAt = (addresses: readonly string[]) =>
    addresses.map((address) => expectOk(parsePeerAddress(address), address));
  const running = await startLibp2pNetwork({
    identity,
    listen: ["/ip4/127.0.0.1/tcp/0", "/ip4/127.0.0.1/tcp/0/ws"],
    bootnodes: peersAt(bootnodes),
    ...(only === undefined ? {} : { reservedOnly: true, reservedPeers: peersAt(only) }),
    clock,
    logger: silentLogger,
  });
  const { network, addresses } = running;
  const keystore = new MemoryKeystore();
  const id = asAuthorityDiscoveryId(expectOk(keystore.insert("audi", `//Found//${n}`), "a key"));
  const channel = network.registerNotifications(gossip, () => {});
  const discovery = new RecordDiscovery(chain, {
    network,
    clock,
    keystore,
    identity,
    ownAddresses: () => addresses.flatMap((text) => parseMultiaddr(text)?.bytes ?? []),
  });
  const stop = (): Promise<void> => {
    discovery.stop();
    return running.stop();
  };
  return { id, network, addresses, channel, discovery, stop };
}

test("authorities that know a bootnode find each other and connect", async () => {
  const boot = await member(71, []);
  const one = await member(72, boot.addresses);
  const two = await member(73, boot.addresses);
  try {
    const members = [boot, one, two];
    for (const { discovery } of members) discovery.setAuthorities(members.map(({ id }) => id));
    await until(() => one.discovery.peersOf(two.id).length > 0, "it is found");
    assert.deepEqual(one.discovery.peersOf(two.id), [two.network.localPeer]);
    one.channel.setReserved(one.discovery.peersOf(two.id));
    await until(() => two.channel.peers().includes(one.network.localPeer), "they are connected");
  } finally {
    await Promise.all([boot, one, two].map(({ stop }) => stop()));
  }
});

test("a closed network talks to its reserved peers and to nobody else", async () => {
  const friend = await member(74, []);
  const closed = await member(75, [], friend.addresses);
  const stranger = await member(76, closed.addresses);
  try {
    stranger.channel.setReserved([closed.network.localPeer]);
    closed.network.learnAddresses(
      stranger.network.localPeer,
      stranger.addresses.flatMap((text) => parseMultiaddr(text)?.bytes ?? []),
    );
    closed.channel.setReserved([stranger.network.localPeer, friend.network.localPeer]);
    await until(() => closed.channel.peers().length > 0, "the friend is connected");
    await until(() => friend.channel.peers().length > 0, "and knows it");
    assert.deepEqual(closed.channel.peers(), [friend.network.localPeer]);
    assert.deepEqual(stranger.channel.peers(), []);
    assert.equal(closed.network.isConnected(stranger.network.localPeer), false);

    const [address = ""] = stranger.addresses;
    assert.deepEqual(closed.network.reserve(address), {
      ok: true,
      value: stranger.network.localPeer,
    });
    await until(() => closed.channel.peers().length === 2, "the stranger is let in");
    closed.network.unreserve(stranger.network.localPeer);
    await until(() => closed.channel.peers().length === 1, "it has to go again");
    assert.equal(closed.network.reserve("nowhere").ok, false);
  } finally {
    await Promise.all([friend, closed, stranger].map(({ stop }) => stop()));
  }
});

test("slots for strangers are filled with whoever is known", async () => {
  const boot = await member(77, []);
  const seeker = await member(78, boot.addresses);
  try {
    const slots = { inbound: 1, outbound: 1 };
    const host = boot.network.registerNotifications(
      { ...gossip, name: "/slots/1", slots: { inbound: 1, outbound: 0 } },
      () => {},
    );
    seeker.network.registerNotifications({ ...gossip, name: "/slots/1", slots }, () => {});
    await until(() => host.peers().includes(seeker.network.localPeer), "the slot is filled");
  } finally {
    await Promise.all([boot, seeker].map(({ stop }) => stop()));
  }
});

test("protocols are spoken under older names with those that know no other", async () => {
  const old = await member(79, []);
  const young = await member(80, old.addresses);
  try {
    const ask = { requestBytesMax: 9, responseBytesMax: 9, timeoutMs: 2_000, inboundMax: 9 };
    old.network.registerRequests({ ...ask, name: "/ask/1" }, ({ respond }) =>
      respond(Uint8Array.of(7)),
    );
    young.network.registerRequests({ ...ask, name: "/ask/2", fallbackNames: ["/ask/1"] });
    const answer = await young.network.request(
      old.network.localPeer,
      "/ask/2",
      Uint8Array.of(1),
      "tryConnect",
    );
    assert.deepEqual(answer, { ok: true, value: Uint8Array.of(7) });
    const there = old.network.registerNotifications({ ...gossip, name: "/talk/1" }, () => {});
    young.network
      .registerNotifications({ ...gossip, name: "/talk/2", fallbackNames: ["/talk/1"] }, () => {})
      .setReserved([old.network.localPeer]);
    await until(() => there.peers().includes(young.network.localPeer), "they talk");
  } finally {
    await Promise.all([old, young].map(({ stop }) => stop()));
  }
});

test("an address that is none is refused with what is wrong with it", () => {
  const id = "12D3KooWJWoaqZhDaoEFshF7Rh1bpY9ohihFhzcW6d69Lr2NASuq";
  assert.equal(parsePeerAddress(`/ip4/127.0.0.1/tcp/30333/ws/p2p/${id}`).ok, true);
  for (const [text, reason] of [
    ["", /id of an ed25519 key/],
    ["127.0.0.1:30333", /no multiaddress/],
    ["/ip4/127.0.0.1/tcp/30333", /id of an ed25519 key/],
    [`/ip4/127.0.0.1/udp/30333/p2p/${id}`, /nothing can be reached/],
    [`/ip4/0.0.0.0/tcp/30333/p2p/${id}`, /nothing can be reached/],
    [`/ip4/127.0.0.1/tcp/0/p2p/${id}`, /nothing can be reached/],
    [`/${"x".repeat(1000)}`, /no multiaddress/],
  ] as const) {
    const parsed = parsePeerAddress(text);
    assert.ok(!parsed.ok);
    assert.match(parsed.error.message, reason);
  }
});
