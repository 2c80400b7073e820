/** What a hostile peer sends over real connections, and what it gets. Fault catalogue, 11.2 to 11.4. */
import assert from "node:assert/strict";
import { connect, type Socket } from "node:net";
import { after, before, describe, test } from "node:test";
import type { Connection } from "@libp2p/interface";
import { multiaddr } from "@multiformats/multiaddr";
import { concatBytes, type Logger } from "@parahost/base";
import { ed25519PairFromSeed } from "@parahost/crypto";
import type {
  IncomingRequest,
  NotificationChannel,
  NotificationEvent,
  NotificationProtocol,
  RequestProtocol,
} from "../port.ts";
import { Reputation } from "../reputation.ts";
import { HostilePeer, muxerFrame } from "../testing/hostile-peer.ts";
import { pause, realClock, until } from "../testing/real-time.ts";
import { encodeFrames } from "./frames.ts";
import { pipeName } from "./request-pipe.ts";
import { type RunningLibp2pNetwork, startLibp2pNetwork } from "./start.ts";

const GENESIS = new Uint8Array(32).fill(9);
const chat: NotificationProtocol = {
  name: "/hostile/chat/1",
  handshake: () => GENESIS,
  messageBytesMax: 1000,
  queueMax: 100,
  accept: (_, handshake) => handshake.length === 32 && handshake.every((byte) => byte === 9),
};
const ask: RequestProtocol = {
  name: "/hostile/ask/1",
  requestBytesMax: 1000,
  responseBytesMax: 10_000,
  timeoutMs: 600,
  inboundMax: 10,
};
const BUFFERED_BYTES = 4 * 1024 * 1024;

const reports: { peer: string; delta: number; reason: string }[] = [];
const logger: Logger = {
  log: (_, __, message, fields) => {
    if (message === "reputation of a peer") reports.push(fields as (typeof reports)[number]);
  },
};
const clock = realClock();
const uncaught: unknown[] = [];
const onUncaught = (error: unknown): void => void uncaught.push(error);

let seed = 100;
const start = (limits = {}): Promise<RunningLibp2pNetwork> =>
  startLibp2pNetwork({
    identity: ed25519PairFromSeed(new Uint8Array(32).fill(seed++)),
    listen: ["/ip4/127.0.0.1/tcp/0"],
    limits: { bufferedBytes: BUFFERED_BYTES, pendingConnections: 8, handshakeMs: 500, ...limits },
    clock,
    logger,
  });

describe("hostile peers over libp2p", () => {
  let host: RunningLibp2pNetwork;
  let honest: RunningLibp2pNetwork;
  let channel: NotificationChannel;
  let honestChannel: NotificationChannel;
  const events: NotificationEvent[] = [];
  const heardByHonest: NotificationEvent[] = [];
  const asked: IncomingRequest[] = [];
  let answer: (request: IncomingRequest) => void = ({ payload, respond }) => respond(payload);
  const address = (): string => host.addresses[0] as string;

  before(async () => {
    process.on("unhandledRejection", onUncaught);
    process.on("uncaughtException", onUncaught);
    host = await start();
    honest = await start();
    channel = host.network.registerNotifications(chat, (event) => events.push(event));
    honestChannel = honest.network.registerNotifications(chat, (event) =>
      heardByHonest.push(event),
    );
    host.network.registerRequests(ask, (request) => {
      asked.push(request);
      answer(request);
    });
    honest.network.registerRequests(ask);
    honest.network.addAddresses(host.network.localPeer, [multiaddr(address())]);
    honestChannel.setReserved([host.network.localPeer]);
    await until(() => channel.peers().includes(honest.network.localPeer), "the honest peer");
  });

  after(async () => {
    await Promise.all([host.stop(), honest.stop()]);
    process.removeListener("unhandledRejection", onUncaught);
    process.removeListener("uncaughtException", onUncaught);
    assert.deepEqual(uncaught, []);
  });

  /** One hostile peer; afterwards the honest one is still served and nothing is left in buffers. */
  async function facing(run: (hostile: HostilePeer, wire: Connection) => Promise<void>) {
    const hostile = await HostilePeer.start(seed++);
    try {
      const wire = await hostile.dial(address());
      await until(() => host.network.isConnected(hostile.peer), "both know of the connection");
      await run(hostile, wire);
    } finally {
      await hostile.stop();
    }
    const said = await honest.network.request(host.network.localPeer, ask.name, GENESIS);
    assert.deepEqual(said, { ok: true, value: GENESIS });
    const heard = events.length;
    assert.equal(honestChannel.send(host.network.localPeer, GENESIS), true);
    await until(() => events.length > heard, "the honest peer's message");
    await until(() => host.network.budget.used === 0, "buffers are given back");
  }

  const costsOf = ({ peer }: HostilePeer) => reports.filter((report) => report.peer === peer);

  describe("connections", () => {
    test("those that send nothing, or nonsense, are few and short-lived", async () => {
      const port = Number(multiaddr(address()).getComponents()[1]?.value);
      const sockets: Socket[] = [];
      let closed = 0;
      for (let i = 0; i < 40; i++) {
        const socket = connect(port, "127.0.0.1");
        socket.on("close", () => {
          closed += 1;
        });
        socket.on("error", () => {});
        socket.resume();
        if (i % 4 === 1) socket.write("GET / HTTP/1.1\r\n\r\n");
        if (i % 4 === 2) socket.write(new Uint8Array(70_000).fill(0xff));
        if (i % 4 === 3)
          socket.write(concatBytes(Uint8Array.of(0x80, 0x80, 0x04), new Uint8Array(65_536)));
        sockets.push(socket);
      }
      await until(() => closed === sockets.length, "all sockets are closed");
      await facing(() => Promise.resolve());
    });

    const frames: [string, Uint8Array][] = [
      ["a frame of 2^32 - 1 bytes", muxerFrame(0, 1, 101, 2 ** 32 - 1)],
      ["a body larger than the window", muxerFrame(0, 1, 101, 262_145, new Uint8Array(262_145))],
      ["a window update of 2^32 - 1", muxerFrame(1, 1, 101, 2 ** 32 - 1)],
      ["a frame for a stream never opened", muxerFrame(0, 0, 9001, 1, new Uint8Array(1))],
      ["another version", muxerFrame(0, 0, 1, 0, undefined, 7)],
      ["an unknown type", muxerFrame(9, 0, 1, 0)],
      ["a stream of our numbers", muxerFrame(1, 1, 102, 0)],
      ["an answer to no ping", muxerFrame(2, 2, 0, 5)],
      [
        "a flood of pings",
        concatBytes(...Array.from({ length: 1000 }, (_, i) => muxerFrame(2, 1, 0, i))),
      ],
      [
        "streams opened and reset at once",
        concatBytes(
          ...Array.from({ length: 5000 }, (_, i) =>
            concatBytes(muxerFrame(1, 1, 2 * i + 101, 0), muxerFrame(1, 8, 2 * i + 101, 0)),
          ),
        ),
      ],
    ];
    for (const [what, bytes] of frames)
      test(`${what} ends the connection`, () =>
        facing(async (hostile, connection) => {
          hostile.wires.at(-1)?.send(bytes);
          await until(() => connection.status !== "open", "the connection is closed");
        }));

    test("streams opened and left, and protocols nobody knows, stay within the limit", () =>
      facing(async (hostile, connection) => {
        for (let i = 0; i < 200; i++)
          await assert.rejects(hostile.say(connection, `/unknown/${i}`, GENESIS));
        const left = Array.from({ length: 600 }, (_, i) => muxerFrame(1, 1, 2 * i + 100_001, 0));
        hostile.wires.at(-1)?.send(concatBytes(...left));
        await pause(50);
      }));

    test("a peer that is not who was dialled is left, and we never dial ourselves", async () => {
      const liar = await HostilePeer.start(seed++);
      try {
        const nobody = ed25519PairFromSeed(new Uint8Array(32).fill(seed++));
        const { peerIdOfKey } = await import("../peer-id.ts");
        const { hexToBytes } = await import("@parahost/base");
        const expected = peerIdOfKey(hexToBytes(nobody.publicKey));
        const where = liar.node
          .getMultiaddrs()
          .map((at) => multiaddr(String(at).split("/p2p/")[0]));
        host.network.addAddresses(expected, where);
        host.network.addAddresses(host.network.localPeer, [multiaddr(address())]);
        for (const peer of [expected, host.network.localPeer])
          assert.deepEqual(await host.network.request(peer, ask.name, GENESIS, "tryConnect"), {
            ok: false,
            error: { code: "notConnected" },
          });
      } finally {
        await liar.stop();
      }
    });

    test("the same identity twice leaves the newer connection", () =>
      facing(async (hostile, first) => {
        const again = await HostilePeer.start(seed - 1);
        const second = await again.dial(address());
        await until(() => first.status !== "open", "the older connection is closed");
        assert.equal(second.status, "open");
        assert.equal(again.peer, hostile.peer);
        await again.stop();
      }));
  });

  describe("notifications", () => {
    const opened = (peer: string): boolean =>
      events.some((event) => event.type === "opened" && event.peer === peer);

    const handshakes: [string, Uint8Array, string | undefined][] = [
      ["another genesis", encodeFrames([new Uint8Array(32).fill(1)]), undefined],
      ["no bytes", encodeFrames([new Uint8Array(0)]), undefined],
      ["1,025 bytes", encodeFrames([new Uint8Array(1025)]), "oversized handshake"],
      ["a length without end", new Uint8Array(10).fill(0x80), "malformed frame"],
    ];
    for (const [what, bytes, reason] of handshakes)
      test(`a handshake of ${what} opens nothing`, () =>
        facing(async (hostile, connection) => {
          const stream = await hostile.say(connection, chat.name, bytes);
          await until(() => stream.status !== "open", "the stream is reset");
          assert.equal(opened(hostile.peer), false);
          assert.deepEqual(
            costsOf(hostile).map((cost) => cost.reason),
            reason === undefined ? [] : [reason],
          );
        }));

    test("a handshake that does not come, or that we never hear answered, takes no slot", () =>
      facing(async (hostile, connection) => {
        const stream = await hostile.say(
          connection,
          chat.name,
          encodeFrames([GENESIS]).subarray(0, 9),
        );
        const other = await HostilePeer.start(seed++);
        const talker = await other.say(
          await other.dial(address()),
          chat.name,
          encodeFrames([GENESIS]),
        );
        await pause(50);
        assert.deepEqual([opened(hostile.peer), opened(other.peer)], [false, false]);
        // Nobody who cannot be spoken to is connected: it has no protocol of its own.
        await until(() => talker.status !== "open", "the half stream is reset");
        await other.stop();
        assert.equal(stream.status, "open");
      }));

    test("messages before the end of the handshakes, oversized ones and second handshakes", () =>
      facing(async (hostile, connection) => {
        await hostile.node.handle(chat.name, (stream) => {
          stream.addEventListener("message", () => stream.send(encodeFrames([GENESIS])), {
            once: true,
          });
        });
        const stream = await hostile.say(
          connection,
          chat.name,
          encodeFrames([GENESIS, new Uint8Array(1000), new Uint8Array(1001)]),
        );
        await until(() => stream.status !== "open", "the stream is reset");
        const heard = events.filter((event) => event.peer === hostile.peer).map(({ type }) => type);
        assert.deepEqual(heard, ["opened", "message", "closed"]);
        assert.deepEqual(
          costsOf(hostile).map(({ reason, delta }) => [reason, delta]),
          [["oversized message", Reputation.costMajor]],
        );
        await pause(600);
        const first = await hostile.say(connection, chat.name, encodeFrames([GENESIS]));
        await until(() => channel.peers().includes(hostile.peer), "it is connected again");
        await hostile.say(connection, chat.name, encodeFrames([GENESIS])).catch(() => {});
        await until(() => first.status !== "open", "both are reset");
        assert.equal(channel.peers().includes(hostile.peer), false);
        assert.equal(costsOf(hostile).at(-1)?.reason, "second handshake");
      }));

    test("a peer that reads nothing loses its stream, and what waited for it is gone", () =>
      facing(async (hostile, connection) => {
        await hostile.node.handle(chat.name, (stream) => {
          const onMessage = (): void => {
            stream.send(encodeFrames([GENESIS]));
            stream.removeEventListener("message", onMessage);
            stream.pause();
          };
          stream.addEventListener("message", onMessage);
        });
        await hostile.say(connection, chat.name, encodeFrames([GENESIS]));
        await until(() => channel.peers().includes(hostile.peer), "it is connected");
        for (let i = 0; i < 20_000 && channel.peers().includes(hostile.peer); i++) {
          channel.send(hostile.peer, new Uint8Array(1000));
          if (i % 50 === 0) await pause(0);
        }
        assert.equal(channel.peers().includes(hostile.peer), false);
      }));
  });

  describe("requests", () => {
    test("of 1,001 bytes, of no frame and without end are refused; many at once beyond a limit", () =>
      facing(async (hostile, connection) => {
        const before = asked.length;
        const wrong = [encodeFrames([new Uint8Array(1001)]), new Uint8Array(12).fill(0xff)];
        for (const bytes of wrong) {
          const stream = await hostile.say(connection, ask.name, bytes);
          await until(() => stream.status !== "open", "it is refused");
        }
        assert.equal(asked.length, before);
        assert.deepEqual(
          costsOf(hostile).map(({ reason }) => reason),
          ["oversized request"],
        );
        answer = () => {};
        const streams = await Promise.all(
          Array.from({ length: 60 }, () =>
            hostile.say(connection, ask.name, encodeFrames([GENESIS])),
          ),
        );
        await until(
          () => streams.filter(({ status }) => status === "open").length <= 10,
          "a limit",
        );
        await until(() => asked.length >= before + ask.inboundMax, "those within the limit");
        assert.equal(asked.length, before + ask.inboundMax);
        answer = ({ payload, respond }) => respond(payload);
        await until(() => streams.every(({ status }) => status !== "open"), "the rest time out");
      }));

    test("an asker that reads nothing of 10 MiB takes no more of our buffers than there is", () =>
      facing(async (hostile, connection) => {
        answer = ({ respond }) => respond(new Uint8Array(1024 * 1024));
        let highest = 0;
        const streams = await Promise.all(
          Array.from({ length: ask.inboundMax }, async () => {
            const stream = await hostile.say(connection, ask.name, encodeFrames([GENESIS]));
            if (stream.readStatus === "readable") stream.pause();
            return stream;
          }),
        );
        const end = Date.now() + 300;
        while (Date.now() < end) {
          highest = Math.max(highest, host.network.budget.used);
          await pause(5);
        }
        assert.ok(highest > 0 && highest <= BUFFERED_BYTES, `${highest} bytes`);
        assert.equal(costsOf(hostile).length, 0);
        await until(() => host.network.budget.used === 0, "they time out");
        for (const stream of streams) stream.abort(new Error("done"));
        answer = ({ payload, respond }) => respond(payload);
      }));

    test("on a stream for many questions: malformed and oversized ones end it, and answers must be read", () =>
      facing(async (hostile, connection) => {
        const numbered = (id: number, length: number): Uint8Array =>
          encodeFrames([concatBytes(Uint8Array.of(id, 0, 0, 0), new Uint8Array(length).fill(9))]);
        const pipe = pipeName(ask.name);
        const before = asked.length;
        for (const bytes of [encodeFrames([new Uint8Array(3)]), numbered(1, 1001)]) {
          const stream = await hostile.say(connection, pipe, bytes);
          await until(() => stream.status !== "open", "it is ended");
        }
        assert.equal(asked.length, before);
        assert.deepEqual(
          costsOf(hostile).map((cost) => cost.reason),
          ["malformed request", "oversized request"],
        );
        answer = ({ respond }) => respond(new Uint8Array(1024 * 1024));
        const greedy = await hostile.say(connection, pipe, numbered(0, 1));
        greedy.pause();
        for (let i = 1; i < 30 && greedy.writeStatus === "writable"; i++)
          greedy.send(numbered(i, 1));
        await until(() => {
          assert.ok(host.network.budget.used <= BUFFERED_BYTES);
          return greedy.status !== "open";
        }, "it is ended");
        answer = ({ payload, respond }) => respond(payload);
      }));

    /** What the hostile peer answers, what we make of it, and what it costs. */
    const answers: [
      string,
      (send: (bytes: Uint8Array) => void, end: () => void) => void,
      string,
      string?,
    ][] = [
      [
        "too large by a byte",
        (send) => send(encodeFrames([new Uint8Array(10_001)])),
        "responseTooLarge",
        "oversized response",
      ],
      [
        "a length without end",
        (send) => send(new Uint8Array(9).fill(0xff)),
        "refused",
        "malformed frame",
      ],
      [
        "an end in the middle",
        (send, end) => {
          send(encodeFrames([new Uint8Array(900)]).subarray(0, 500));
          end();
        },
        "refused",
      ],
      ["an end at once", (_, end) => end(), "refused"],
      ["nothing", () => {}, "timeout"],
    ];
    for (const [what, say, code, reason] of answers)
      test(`an answer of ${what} is an error`, () =>
        facing(async (hostile) => {
          await hostile.node.handle(ask.name, (stream) => {
            stream.addEventListener("message", () =>
              say(
                (bytes) => void stream.send(bytes),
                () => void stream.close(),
              ),
            );
          });
          const answered = await host.network.request(hostile.peer, ask.name, GENESIS);
          assert.equal(answered.ok ? "fine" : answered.error.code, code);
          assert.deepEqual(
            costsOf(hostile).map((cost) => cost.reason),
            reason === undefined ? [] : [reason],
          );
        }));
  });
});
