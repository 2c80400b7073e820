import assert from "node:assert/strict";
import test from "node:test";
import { VirtualClock } from "@parahost/base";
import {
  type LinkModel,
  MemoryNetwork,
  type NotificationChannel,
  type NotificationEvent,
  type NotificationProtocol,
  type PeerId,
  peerId,
  Reputation,
  ReputationTable,
  type RequestProtocol,
} from "./index.ts";

const settle = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/** Time that moves when told to. */
class ManualClock extends VirtualClock {
  constructor() {
    super(1_000_000);
  }
  advance(ms: number): Promise<void> {
    return this.runUntil(this.now() + ms, settle);
  }
}

const alice = peerId("alice");
const bob = peerId("bob");
const bytes = (...values: number[]): Uint8Array => new Uint8Array(values);

const chat: NotificationProtocol = {
  name: "/chat/1",
  handshake: () => bytes(7),
  messageBytesMax: 10,
  queueMax: 3,
  accept: (_, handshake) => handshake[0] === 7,
};
const echo: RequestProtocol = {
  name: "/echo/1",
  requestBytesMax: 4,
  responseBytesMax: 8,
  timeoutMs: 500,
  inboundMax: 1,
};

interface Side {
  readonly channel: NotificationChannel;
  readonly events: NotificationEvent[];
}

function pair(links?: LinkModel, protocol = chat) {
  const clock = new ManualClock();
  const hub = new MemoryNetwork(clock, links);
  const networks = { alice: hub.join(alice), bob: hub.join(bob) };
  const side = (who: "alice" | "bob", its: NotificationProtocol): Side => {
    const events: NotificationEvent[] = [];
    const channel = networks[who].registerNotifications(its, (event) => events.push(event));
    return { channel, events };
  };
  return { clock, networks, alice: side("alice", chat), bob: side("bob", protocol) };
}

const said = (side: Side): string[] =>
  side.events.map((event) =>
    event.type === "message"
      ? `${event.peer}:${event.bytes.join()}`
      : `${event.type} ${event.peer}`,
  );

test("a reserved peer is dialled, both sides learn of it, and messages arrive in order", async () => {
  const net = pair();
  net.alice.channel.setReserved([bob]);
  await net.clock.advance(0);
  assert.equal(net.alice.channel.send(bob, bytes(1)), true);
  assert.equal(net.alice.channel.send(bob, bytes(2)), true);
  await net.clock.advance(0);
  assert.deepEqual(said(net.alice), ["opened bob"]);
  assert.deepEqual(said(net.bob), ["opened alice", "alice:1", "alice:2"]);
});

test("a handshake that the other side does not take opens nothing and is tried again", async () => {
  let willing = false;
  const net = pair(undefined, { ...chat, accept: () => willing });
  net.alice.channel.setReserved([bob]);
  await net.clock.advance(500);
  assert.deepEqual([net.alice.events, net.bob.events], [[], []]);
  willing = true;
  await net.clock.advance(1000);
  assert.deepEqual(net.alice.channel.peers(), [bob]);
});

test("later messages wait for earlier ones of the same stream", async () => {
  const delays = [0, 50, 10];
  const net = pair({ delay: () => delays.shift() ?? 0 });
  net.alice.channel.setReserved([bob]);
  await net.clock.advance(0);
  net.alice.channel.send(bob, bytes(1));
  net.alice.channel.send(bob, bytes(2));
  await net.clock.advance(20);
  assert.deepEqual(said(net.bob), ["opened alice"]);
  await net.clock.advance(40);
  assert.deepEqual(said(net.bob), ["opened alice", "alice:1", "alice:2"]);
});

test("a lost notification is gone and a lost request times out", async () => {
  let lossy = false;
  const net = pair({ delay: () => (lossy ? undefined : 0) });
  net.networks.bob.registerRequests(echo, (request) => request.respond(request.payload));
  net.networks.alice.registerRequests(echo);
  net.alice.channel.setReserved([bob]);
  await net.clock.advance(0);
  lossy = true;
  net.alice.channel.send(bob, bytes(1));
  const answer = net.networks.alice.request(bob, echo.name, bytes(1));
  await net.clock.advance(600);
  assert.deepEqual(said(net.bob), ["opened alice"]);
  assert.deepEqual(await answer, { ok: false, error: { code: "timeout" } });
});

test("a message above the limit costs its sender and closes the stream", async () => {
  const net = pair();
  net.alice.channel.setReserved([bob]);
  await net.clock.advance(0);
  net.alice.channel.send(bob, new Uint8Array(11));
  await net.clock.advance(0);
  assert.deepEqual(said(net.bob), ["opened alice", "closed alice"]);
});

test("a peer that does not read loses its stream", async () => {
  let slow = false;
  const net = pair({ delay: () => (slow ? 1000 : 0) });
  net.alice.channel.setReserved([bob]);
  await net.clock.advance(0);
  slow = true;
  const sent = [1, 2, 3, 4].map((value) => net.alice.channel.send(bob, bytes(value)));
  assert.deepEqual(sent, [true, true, true, false]);
  assert.deepEqual(net.alice.channel.peers(), []);
});

test("requests are answered, refused when too many or too large, and not sent to strangers", async () => {
  const net = pair();
  const open: (() => void)[] = [];
  net.networks.bob.registerRequests(echo, (request) =>
    open.push(() => request.respond(request.payload)),
  );
  net.networks.alice.registerRequests(echo);
  assert.deepEqual(await net.networks.alice.request(bob, echo.name, bytes(1)), {
    ok: false,
    error: { code: "notConnected" },
  });
  net.alice.channel.setReserved([bob]);
  await net.clock.advance(0);
  const first = net.networks.alice.request(bob, echo.name, bytes(1));
  const second = net.networks.alice.request(bob, echo.name, bytes(2));
  await net.clock.advance(0);
  assert.deepEqual(await second, { ok: false, error: { code: "refused" } });
  open[0]?.();
  await net.clock.advance(0);
  assert.deepEqual(await first, { ok: true, value: bytes(1) });
  const large = net.networks.alice.request(bob, echo.name, bytes(1, 2, 3, 4, 5));
  await net.clock.advance(0);
  assert.deepEqual(await large, { ok: false, error: { code: "refused" } });
});

test("a response above the limit is refused by the asker", async () => {
  const net = pair();
  net.networks.bob.registerRequests(echo, (request) => request.respond(new Uint8Array(9)));
  net.networks.alice.registerRequests(echo);
  const answer = net.networks.alice.request(bob, echo.name, bytes(1), "tryConnect");
  await net.clock.advance(0);
  assert.deepEqual(await answer, { ok: false, error: { code: "responseTooLarge", bytes: 9 } });
});

test("a banned peer is disconnected and refused until its score has decayed", async () => {
  const net = pair();
  net.alice.channel.setReserved([bob]);
  await net.clock.advance(0);
  net.networks.bob.report(alice, Reputation.malicious, "forged signature");
  await net.clock.advance(60_000);
  assert.deepEqual(net.bob.channel.peers(), []);
  assert.equal(net.networks.bob.isBanned(alice), true);
  await net.clock.advance(10_000);
  assert.equal(net.networks.bob.isBanned(alice), false);
  assert.deepEqual(net.bob.channel.peers(), [alice]);
});

test("leaving the reserved set closes the stream, and closing ends open requests", async () => {
  const net = pair();
  net.networks.alice.registerRequests(echo);
  net.networks.bob.registerRequests(echo, () => {});
  net.alice.channel.setReserved([bob]);
  await net.clock.advance(0);
  const answer = net.networks.alice.request(bob, echo.name, bytes(1));
  net.alice.channel.setReserved([]);
  await net.clock.advance(0);
  assert.deepEqual(said(net.bob), ["opened alice", "closed alice"]);
  net.networks.alice.close();
  assert.deepEqual(await answer, { ok: false, error: { code: "notConnected" } });
});

test("one report of malice bans for 69 seconds", async () => {
  const clock = new ManualClock();
  const table = new ReputationTable(clock);
  const eve: PeerId = peerId("eve");
  assert.equal(table.report(eve, Reputation.malicious), true);
  await clock.advance(68_000);
  assert.equal(table.isBanned(eve), true);
  await clock.advance(1_500);
  assert.equal(table.isBanned(eve), false);
});
