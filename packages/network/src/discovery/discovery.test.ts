import assert from "node:assert/strict";
import { test } from "node:test";
import { concatBytes, expectOk, hexToBytes, VirtualClock } from "@parahost/base";
import { ed25519PairFromSeed, MemoryKeystore } from "@parahost/crypto";
import { asAuthorityDiscoveryId, asHash } from "@parahost/primitives";
import { MemoryNetwork } from "../memory-network.ts";
import { peerIdBytes, peerIdOfKey } from "../peer-id.ts";
import type { IncomingRequest, PeerId } from "../port.ts";
import {
  authorityRecordKey,
  openAuthorityRecord,
  signAuthorityRecord,
} from "./authority-record.ts";
import { decodeKadMessage, encodeKadMessage, type KadMessage } from "./kad-messages.ts";
import { type DiscoveryNetwork, Kademlia } from "./kademlia.ts";
import { RecordDiscovery } from "./record-discovery.ts";

const chain = { genesisHash: asHash(`0x${"9e".repeat(32)}`) };
const settle = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/** `/ip4/10.0.0.<n>/tcp/30333/p2p/<id>` as bytes. */
const addressOf = (n: number, peer: PeerId): Uint8Array =>
  concatBytes(
    Uint8Array.from([4, 10, 0, 0, n, 6, 0x76, 0x7d, 0xa5, 0x03, 38]),
    peerIdBytes(peer) as Uint8Array,
  );

/** An authority with its keys. */
function authority(n: number) {
  const identity = ed25519PairFromSeed(new Uint8Array(32).fill(n));
  const keystore = new MemoryKeystore();
  const id = asAuthorityDiscoveryId(expectOk(keystore.insert("audi", `//Node//${n}`), "a key"));
  const peer = peerIdOfKey(hexToBytes(identity.publicKey));
  return { n, id, identity, keystore, peer, address: addressOf(n, peer) };
}
type Authority = ReturnType<typeof authority>;

class World {
  readonly clock = new VirtualClock(1_000_000);
  readonly hub = new MemoryNetwork(this.clock);

  /** A member that reaches only whom it has an address of. */
  network({ peer }: Pick<Authority, "peer">): DiscoveryNetwork {
    const port = this.hub.join(peer);
    const known = new Map<PeerId, readonly Uint8Array[]>();
    return {
      localPeer: peer,
      report: (of, delta, reason) => port.report(of, delta, reason),
      registerRequests: (protocol, onRequest) =>
        port.registerRequests(protocol, (request: IncomingRequest) => {
          // Who asks is connected, and tells its addresses.
          if (!known.has(request.peer)) known.set(request.peer, []);
          onRequest?.(request);
        }),
      request: (of, ...rest) =>
        known.has(of)
          ? port.request(of, ...rest)
          : Promise.resolve({ ok: false, error: { code: "notConnected" } }),
      knownPeers: () => [...known.keys()],
      addressesOf: (of) => known.get(of) ?? [],
      learnAddresses: (of, addresses) => void known.set(of, addresses),
    };
  }

  discovery(of: Authority, bootnode?: Authority): RecordDiscovery {
    const network = this.network(of);
    if (bootnode !== undefined) network.learnAddresses(bootnode.peer, [bootnode.address]);
    return new RecordDiscovery(chain, {
      network,
      clock: this.clock,
      keystore: of.keystore,
      identity: of.identity,
      ownAddresses: () => [of.address],
    });
  }

  run(ms: number): Promise<void> {
    return this.clock.runUntil(this.clock.now() + ms, settle);
  }
}

const [alice, bob, carol] = [1, 2, 3].map(authority) as [Authority, Authority, Authority];
const sign = (of: Authority, as: Authority = of, createdAt = 5_000): Uint8Array =>
  signAuthorityRecord(of.id, { addresses: [as.address], createdAt }, of.keystore, as.identity) ??
  assert.fail("no key");

test("a record says where its authority is, and who else makes one is found out", () => {
  const signed = sign(alice);
  assert.deepEqual(openAuthorityRecord(alice.id, signed), {
    ok: true,
    value: { peer: alice.peer, addresses: [alice.address], createdAt: 5_000 },
  });
  const code = (bytes: Uint8Array, of = alice): string => {
    const opened = openAuthorityRecord(of.id, bytes);
    return opened.ok ? "ok" : opened.error.code;
  };
  assert.equal(code(signed, bob), "badAuthoritySignature");
  for (let at = 0; at < signed.length; at++) {
    const changed = signed.slice();
    changed[at] = (changed[at] as number) ^ 1;
    assert.notEqual(code(changed), "ok", `byte ${at}`);
  }
  for (const cut of [0, 1, 10, signed.length - 1])
    assert.notEqual(code(signed.subarray(0, cut)), "ok");
  assert.equal(
    signAuthorityRecord(alice.id, { addresses: [], createdAt: 0 }, bob.keystore, bob.identity),
    undefined,
  );
});

test("addresses of another peer in a record are left out", () => {
  const { keystore, identity } = alice;
  const record = { addresses: [bob.address, alice.address], createdAt: 1 };
  const signed = signAuthorityRecord(alice.id, record, keystore, identity) as Uint8Array;
  assert.deepEqual(expectOk(openAuthorityRecord(alice.id, signed), "opened").addresses, [
    alice.address,
  ]);
});

test("authorities that know one node find each other", async () => {
  const world = new World();
  const authorities = Array.from({ length: 9 }, (_, i) => authority(i + 10));
  const [boot, ...others] = authorities as [Authority, ...Authority[]];
  const all = authorities.map(({ id }) => id);
  const discoveries = [
    world.discovery(boot),
    ...others.map((other) => world.discovery(other, boot)),
  ];
  for (const discovery of discoveries) discovery.setAuthorities(all);
  await world.run(20_000);
  for (const [i, discovery] of discoveries.entries())
    for (const [j, other] of authorities.entries()) {
      if (i === j) continue;
      assert.deepEqual(discovery.peersOf(other.id), [other.peer], `${i} finds ${j}`);
      assert.deepEqual(discovery.authoritiesOf(other.peer), [other.id]);
    }
  discoveries[1]?.setAuthorities(all.slice(0, 2));
  assert.deepEqual(discoveries[1]?.peersOf(all[5] as never), []);
  for (const discovery of discoveries) discovery.stop();
});

test("what is not newer, not signed, of the future or of no authority is not kept", async () => {
  const world = new World();
  const discovery = world.discovery(alice);
  discovery.setAuthorities([alice.id, bob.id]);
  await world.run(10);
  const mallory = world.network(authority(66));
  mallory.learnAddresses(alice.peer, [alice.address]);
  const kademlia = new Kademlia(mallory, chain, world.clock, () => true);
  const put = async (of: Authority, value: Uint8Array): Promise<number> => {
    let taken = -1;
    void kademlia.put(authorityRecordKey(of.id), value).then((count) => {
      taken = count;
    });
    await world.run(10);
    return taken;
  };
  const now = world.clock.now();
  assert.equal(await put(bob, sign(bob, bob, 900_000)), 1);
  assert.equal(await put(bob, sign(bob, bob, 800_000)), 0);
  assert.equal(await put(bob, sign(bob, bob, now + 600_000)), 0);
  assert.equal(await put(bob, sign(carol)), 0);
  assert.equal(await put(carol, sign(carol)), 0);
  assert.equal(await put(bob, sign(bob, bob, 950_000)), 1);
  discovery.stop();
});

test("a node that answers with forged records, or points at strangers, misleads nobody", async () => {
  const world = new World();
  const mallory = authority(66);
  const network = world.network(mallory);
  network.registerRequests(
    { ...kad, name: `/${chain.genesisHash.slice(2)}/kad` },
    ({ payload, respond }) => {
      const { type, key } = expectOk(decodeKadMessage(payload), "a question");
      const closerPeers = Array.from({ length: 20 }, (_, i) => ({
        id: peerIdBytes(authority(100 + i).peer) as Uint8Array,
        addresses: [],
      }));
      const record = { key, value: sign(mallory, mallory) };
      respond(encodeKadMessage({ type, key, record, closerPeers }));
    },
  );
  const discovery = world.discovery(alice, mallory);
  discovery.setAuthorities([alice.id, bob.id]);
  await world.run(3_000);
  assert.deepEqual(discovery.peersOf(bob.id), []);
  assert.deepEqual(discovery.authoritiesOf(mallory.peer), []);
  discovery.stop();
});

const kad = {
  requestBytesMax: 16_384,
  responseBytesMax: 262_144,
  timeoutMs: 1_000,
  inboundMax: 64,
};

test("messages come out as they went in, and nonsense is refused", () => {
  const message: KadMessage = {
    type: "getValue",
    key: new Uint8Array(32).fill(3),
    record: { key: new Uint8Array(32).fill(3), value: new Uint8Array(500).fill(4) },
    closerPeers: [{ id: new Uint8Array(38).fill(1), addresses: [new Uint8Array(9).fill(2)] }],
  };
  assert.deepEqual(decodeKadMessage(encodeKadMessage(message)), { ok: true, value: message });
  const peers = Array.from({ length: 21 }, () => ({ id: new Uint8Array(38), addresses: [] }));
  const wrong: Uint8Array[] = [
    Uint8Array.of(0xff),
    Uint8Array.of(0x08, 9),
    encodeKadMessage({ ...message, closerPeers: peers }),
    encodeKadMessage({ ...message, key: new Uint8Array(65) }),
    encodeKadMessage({
      ...message,
      record: { key: new Uint8Array(1), value: new Uint8Array(8193) },
    }),
  ];
  for (const bytes of wrong) assert.equal(decodeKadMessage(bytes).ok, false);
});
