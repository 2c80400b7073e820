import assert from "node:assert/strict";
import test from "node:test";
import { type Clock, VirtualClock } from "@parahost/base";
import {
  type LinkModel,
  MemoryNetwork,
  type NotificationChannel,
  type NotificationEvent,
  type NotificationProtocol,
  peerId,
  Reputation,
  type ReputationChange,
  type RequestProtocol,
} from "./index.ts";
import { networkSuite } from "./testing/network-suite.ts";

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

const worldOf = (links?: LinkModel) => (count: number) => {
  const clock = new ManualClock();
  const hub = new MemoryNetwork(clock, links);
  const networks = Array.from({ length: count }, (_, index) => hub.join(peerId(`peer ${index}`)));
  return Promise.resolve({
    networks,
    until: async (isDone: () => boolean) => {
      for (const end = clock.now() + 5000; !isDone(); await clock.advance(1))
        assert.ok(clock.now() < end, "it did not happen in time");
    },
    quiet: () => clock.advance(300),
    close: () => {
      for (const network of networks) network.close();
      return Promise.resolve();
    },
  });
};

networkSuite("memory network", worldOf());
networkSuite("memory network with latency", worldOf({ delay: (_, __, bytes) => 5 + (bytes % 7) }));

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

function pair(links?: LinkModel, clock: Clock = new ManualClock()) {
  const hub = new MemoryNetwork(clock, links);
  const networks = { alice: hub.join(alice), bob: hub.join(bob) };
  const side = (who: "alice" | "bob"): Side => {
    const events: NotificationEvent[] = [];
    const channel = networks[who].registerNotifications(chat, (event) => events.push(event));
    return { channel, events };
  };
  return {
    clock: clock as ManualClock,
    hub,
    networks,
    alice: side("alice"),
    bob: side("bob"),
  };
}

const said = (side: Side): string[] =>
  side.events.map((event) =>
    event.type === "message"
      ? `${event.peer}:${event.bytes.join()}`
      : `${event.type} ${event.peer}`,
  );

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

test("on links that reorder they do not", async () => {
  const delays = [0, 50, 10];
  const net = pair({ delay: () => delays.shift() ?? 0, reorders: true });
  net.alice.channel.setReserved([bob]);
  await net.clock.advance(0);
  net.alice.channel.send(bob, bytes(1));
  net.alice.channel.send(bob, bytes(2));
  await net.clock.advance(60);
  assert.deepEqual(said(net.bob), ["opened alice", "alice:2", "alice:1"]);
});

test("a clock that is set back holds up no message", async () => {
  let offset = 0;
  const inner = new ManualClock();
  const clock: Clock = {
    now: () => inner.now() + offset,
    setTimer: (delayMs, wake) => inner.setTimer(delayMs, wake),
  };
  const net = pair(undefined, clock);
  net.alice.channel.setReserved([bob]);
  await inner.advance(0);
  net.alice.channel.send(bob, bytes(1));
  offset = -3_600_000;
  net.alice.channel.send(bob, bytes(2));
  await inner.advance(0);
  assert.deepEqual(said(net.bob), ["opened alice", "alice:1", "alice:2"]);
});

test("a lost notification is gone and a lost request times out", async () => {
  let isLossy = false;
  const net = pair({ delay: () => (isLossy ? undefined : 0) });
  net.networks.bob.registerRequests(echo, (request) => request.respond(request.payload));
  net.networks.alice.registerRequests(echo);
  net.alice.channel.setReserved([bob]);
  await net.clock.advance(0);
  isLossy = true;
  net.alice.channel.send(bob, bytes(1));
  const answer = net.networks.alice.request(bob, echo.name, bytes(1));
  await net.clock.advance(600);
  assert.deepEqual(said(net.bob), ["opened alice"]);
  assert.deepEqual(await answer, { ok: false, error: { code: "timeout" } });
});

test("lost messages take no place in the queue", async () => {
  let isLossy = false;
  const net = pair({ delay: () => (isLossy ? undefined : 0) });
  net.alice.channel.setReserved([bob]);
  await net.clock.advance(0);
  isLossy = true;
  const sent = Array.from({ length: 10 }, () => net.alice.channel.send(bob, bytes(1)));
  assert.equal(sent.includes(false), false);
});

test("a peer that does not read loses its stream, and is dialled again", async () => {
  let isSlow = false;
  const net = pair({ delay: () => (isSlow ? 1000 : 0) });
  net.alice.channel.setReserved([bob]);
  await net.clock.advance(0);
  isSlow = true;
  const sent = [1, 2, 3, 4].map((value) => net.alice.channel.send(bob, bytes(value)));
  assert.deepEqual(sent, [true, true, true, false]);
  assert.deepEqual(net.alice.channel.peers(), []);
  isSlow = false;
  await net.clock.advance(2000);
  assert.deepEqual(said(net.bob), ["opened alice", "closed alice", "opened alice"]);
});

test("a peer that we banned ourselves is dialled again when its score has decayed", async () => {
  const net = pair();
  net.alice.channel.setReserved([bob]);
  await net.clock.advance(0);
  net.networks.alice.report(bob, Reputation.malicious, "forged signature");
  await net.clock.advance(60_000);
  assert.deepEqual(net.alice.channel.peers(), []);
  await net.clock.advance(10_000);
  assert.deepEqual(net.alice.channel.peers(), [bob]);
});

test("a peer that banned us is dialled until it takes us again", async () => {
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

test("who leaves the reserved set while it is being dialled is not connected to", async () => {
  const net = pair({ delay: () => 50 });
  net.alice.channel.setReserved([bob]);
  await net.clock.advance(10);
  net.alice.channel.setReserved([]);
  await net.clock.advance(2000);
  assert.deepEqual([net.alice.events, net.bob.events], [[], []]);
});

test("a dial that crosses the news of a stream's end leaves both sides with the new one", async () => {
  let latency = 50;
  const net = pair({ delay: () => latency });
  // In the instant in which Bob's dial arrives, and just before it, he ends the stream of Alice's.
  net.clock.setTimer(50, () => net.bob.channel.disconnect(alice));
  net.bob.channel.setReserved([alice]);
  latency = 10;
  net.alice.channel.setReserved([bob]);
  await net.clock.advance(50);
  assert.deepEqual(said(net.alice), ["opened bob", "closed bob", "opened bob"]);
  net.alice.channel.send(bob, bytes(1));
  net.bob.channel.send(alice, bytes(2));
  await net.clock.advance(2000);
  assert.equal(said(net.alice).at(-1), "bob:2");
  assert.equal(said(net.bob).at(-1), "alice:1");
});

test("messages under way when a stream ends do not appear in the next one", async () => {
  let latency = 0;
  const net = pair({ delay: (_, __, ___, kind) => (kind === "notification" ? latency : 0) });
  net.alice.channel.setReserved([bob]);
  await net.clock.advance(0);
  latency = 3000;
  net.alice.channel.send(bob, bytes(1));
  net.bob.channel.disconnect(alice);
  await net.clock.advance(5000);
  assert.deepEqual(said(net.bob), ["opened alice", "closed alice", "opened alice"]);
});

test("a peer that restarts under its name hears nothing meant for its former self", async () => {
  const net = pair({ delay: () => 20 });
  net.alice.channel.setReserved([bob]);
  await net.clock.advance(20);
  net.alice.channel.send(bob, bytes(1));
  net.networks.bob.close();
  const events: NotificationEvent[] = [];
  net.hub.join(bob).registerNotifications(chat, (event) => events.push(event));
  await net.clock.advance(2000);
  assert.deepEqual(
    events.map(({ type }) => type),
    ["opened"],
  );
  assert.throws(() => net.hub.join(bob), RangeError);
});

test("answers and questions that break a limit cost whoever sent them", async () => {
  const net = pair();
  const reports: string[] = [];
  for (const network of Object.values(net.networks)) {
    const report = network.report.bind(network);
    network.report = (peer, delta, reason) => {
      reports.push(`${peer} ${reason} ${delta}`);
      report(peer, delta, reason);
    };
  }
  net.networks.bob.registerRequests(echo, ({ respond }) => respond(new Uint8Array(9)));
  net.networks.alice.registerRequests(echo);
  net.alice.channel.setReserved([bob]);
  await net.clock.advance(0);
  for (const length of [5, 1]) {
    void net.networks.alice.request(bob, echo.name, new Uint8Array(length));
    await net.clock.advance(0);
  }
  net.alice.channel.send(bob, new Uint8Array(11));
  await net.clock.advance(0);
  assert.deepEqual(reports, [
    "alice oversized request -300000",
    "bob oversized response -300000",
    "alice oversized message -300000",
  ]);
});

test("once everybody is connected, and when all have left, no timer is set", async () => {
  const net = pair();
  net.alice.channel.setReserved([bob]);
  await net.clock.advance(2000);
  assert.equal(net.clock.nextAt(), undefined);
  net.networks.alice.close();
  net.networks.bob.close();
  await net.clock.advance(0);
  assert.equal(net.clock.nextAt(), undefined);
});

test("whoever watches the medium is told what its members report", () => {
  const told: ReputationChange[] = [];
  const hub = new MemoryNetwork(new ManualClock(), undefined, (change) => void told.push(change));
  const network = hub.join(alice);
  network.report(bob, Reputation.costMinor, "chatters");
  network.report(bob, Reputation.malicious, "lies");
  assert.deepEqual(told, [
    { by: alice, of: bob, delta: Reputation.costMinor, reason: "chatters", isBanned: false },
    { by: alice, of: bob, delta: Reputation.malicious, reason: "lies", isBanned: true },
  ]);
});
