/**
 * What every `Network` does, whatever carries its bytes. Run by each implementation's tests:
 *
 *     networkSuite("memory", async (count) => worldOf(count));
 */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { ok, type Result } from "@parahost/base";
import {
  HANDSHAKE_BYTES_MAX,
  type IncomingRequest,
  type Network,
  type NotificationChannel,
  type NotificationEvent,
  type NotificationProtocol,
  peerId,
  type RequestError,
  type RequestProtocol,
} from "../port.ts";
import { Reputation } from "../reputation.ts";

const DIAL_ATTEMPTS = 10;

/** Networks that can reach each other, and the time in which they do it. */
export interface NetworkSuiteWorld {
  /** As many as were asked for, none connected to another. */
  readonly networks: readonly Network[];
  /** Lets time pass until `isDone`, or fails after a few seconds of it. */
  until(isDone: () => boolean): Promise<void>;
  /** Lets enough time pass for whatever is under way to arrive, but for no second dialling. */
  quiet(): Promise<void>;
  close(): Promise<void>;
}

const bytes = (...values: number[]): Uint8Array => new Uint8Array(values);

const GREETING = 7;
const chat: NotificationProtocol = {
  name: "/suite/chat/1",
  handshake: () => bytes(GREETING),
  messageBytesMax: 10,
  queueMax: 3,
  accept: (_, handshake) => handshake[0] === GREETING,
};

const echo: RequestProtocol = {
  name: "/suite/echo/1",
  requestBytesMax: 4,
  responseBytesMax: 8,
  timeoutMs: 400,
  inboundMax: 2,
};

/** One participant of the chat. */
class Side {
  readonly network: Network;
  readonly channel: NotificationChannel;
  readonly events: NotificationEvent[] = [];

  constructor(network: Network, protocol: NotificationProtocol) {
    this.network = network;
    this.channel = network.registerNotifications(protocol, (event) => this.events.push(event));
  }

  /** What happened so far, in short: `opened`, `closed`, or a message's bytes. */
  heard(): string[] {
    return this.events.map((event) =>
      event.type === "message" ? `[${event.bytes.join()}]` : event.type,
    );
  }

  isConnectedTo({ network }: Side): boolean {
    return this.channel.peers().includes(network.localPeer);
  }

  say(to: Side, ...values: number[]): boolean {
    return this.channel.send(to.network.localPeer, bytes(...values));
  }

  ask(of: Side, payload: Uint8Array, ifDisconnected?: "tryConnect" | "immediateError") {
    return this.network.request(of.network.localPeer, echo.name, payload, ifDisconnected);
  }
}

export function networkSuite(
  name: string,
  make: (count: number) => Promise<NetworkSuiteWorld>,
): void {
  type Protocols = Readonly<Partial<Record<number, Partial<NotificationProtocol>>>>;

  /** `count` participants; `protocols` are what some of them do differently. */
  async function chatting<T>(
    count: number,
    protocols: Protocols,
    run: (world: NetworkSuiteWorld, sides: [Side, Side, ...Side[]]) => Promise<T>,
  ): Promise<void> {
    const world = await make(count);
    try {
      const sides = world.networks.map(
        (network, index) => new Side(network, { ...chat, ...protocols[index] }),
      );
      await run(world, sides as [Side, Side, ...Side[]]);
    } finally {
      await world.close();
    }
  }

  async function connect(world: NetworkSuiteWorld, from: Side, to: Side): Promise<void> {
    from.channel.setReserved([to.network.localPeer]);
    await world.until(() => from.isConnectedTo(to) && to.isConnectedTo(from));
  }

  describe(`${name}: notifications`, () => {
    test("a reserved peer is dialled, both learn of it, and messages arrive in order", () =>
      chatting(2, {}, async (world, [a, b]) => {
        await connect(world, a, b);
        assert.deepEqual([a.say(b, 1), a.say(b, 2), a.say(b)], [true, true, true]);
        assert.equal(b.say(a, 3), true);
        await world.until(() => b.events.length === 4 && a.events.length === 2);
        assert.deepEqual(a.events, [
          { type: "opened", peer: b.network.localPeer, handshake: bytes(GREETING) },
          { type: "message", peer: b.network.localPeer, bytes: bytes(3) },
        ]);
        assert.deepEqual(b.heard(), ["opened", "[1]", "[2]", "[]"]);
      }));

    test("two that dial each other have one stream", () =>
      chatting(2, {}, async (world, [a, b]) => {
        a.channel.setReserved([b.network.localPeer]);
        b.channel.setReserved([a.network.localPeer]);
        await world.until(() => a.isConnectedTo(b) && b.isConnectedTo(a));
        await world.quiet();
        a.say(b, 1);
        b.say(a, 2);
        await world.until(() => a.heard().includes("[2]") && b.heard().includes("[1]"));
        assert.deepEqual(
          [a.heard(), b.heard()],
          [
            ["opened", "[2]"],
            ["opened", "[1]"],
          ],
        );
      }));

    test("a handshake that the other side refuses opens nothing, and is tried again", () => {
      let isWilling = false;
      return chatting(2, { 1: { accept: () => isWilling } }, async (world, [a, b]) => {
        a.channel.setReserved([b.network.localPeer]);
        await world.quiet();
        assert.deepEqual([a.heard(), b.heard()], [[], []]);
        isWilling = true;
        await world.until(() => a.isConnectedTo(b) && b.isConnectedTo(a));
      });
    });

    test("a handshake that the dialling side refuses leaves nobody connected", () =>
      chatting(2, { 1: { handshake: () => bytes(8) } }, async (world, [a, b]) => {
        a.channel.setReserved([b.network.localPeer]);
        await world.quiet();
        assert.deepEqual([a.heard(), a.channel.peers(), b.channel.peers()], [[], [], []]);
      }));

    test("a handshake above the limit is refused unseen, one of the limit is not", () => {
      let length = HANDSHAKE_BYTES_MAX + 1;
      const seen: number[] = [];
      const protocols = {
        0: { handshake: () => new Uint8Array(length).fill(GREETING) },
        1: {
          accept: (_: unknown, handshake: Uint8Array) => seen.push(handshake.length) > 0,
        },
      };
      return chatting(2, protocols, async (world, [a, b]) => {
        a.channel.setReserved([b.network.localPeer]);
        await world.quiet();
        assert.deepEqual([seen, a.heard(), b.heard()], [[], [], []]);
        length = HANDSHAKE_BYTES_MAX;
        await world.until(() => a.isConnectedTo(b) && b.isConnectedTo(a));
        assert.deepEqual(new Set(seen), new Set([HANDSHAKE_BYTES_MAX]));
      });
    });

    test("strangers are taken while there are slots, reserved peers always", () =>
      chatting(
        4,
        { 0: { slots: { inbound: 1, outbound: 0 } } },
        async (world, [host, a, ...rest]) => {
          const [b, c] = rest as [Side, Side];
          await connect(world, a, host);
          b.channel.setReserved([host.network.localPeer]);
          await world.quiet();
          assert.deepEqual([b.heard(), host.channel.peers()], [[], [a.network.localPeer]]);
          host.channel.setReserved([c.network.localPeer]);
          await world.until(() => host.isConnectedTo(c));
          a.channel.setReserved([]);
          await world.until(() => host.isConnectedTo(b));
          assert.equal(host.isConnectedTo(a), false);
        },
      ));

    test("a peer without the protocol is not connected to", () =>
      chatting(2, { 1: { name: "/suite/other/1" } }, async (world, [a, b]) => {
        a.channel.setReserved([b.network.localPeer]);
        await world.quiet();
        assert.deepEqual([a.heard(), b.heard()], [[], []]);
      }));

    test("a message of the longest size passes; a longer one is not seen and ends the stream", () =>
      chatting(2, {}, async (world, [a, b]) => {
        await connect(world, a, b);
        a.channel.send(b.network.localPeer, new Uint8Array(chat.messageBytesMax));
        await world.until(() => b.events.length === 2);
        a.channel.send(b.network.localPeer, new Uint8Array(chat.messageBytesMax + 1));
        await world.until(() => a.heard().includes("closed") && b.heard().includes("closed"));
        assert.equal(b.heard().filter((what) => what.startsWith("[")).length, 1);
        await world.until(() => a.isConnectedTo(b) && b.isConnectedTo(a));
      }));

    test("messages to somebody not connected are gone, and it is said", () =>
      chatting(2, {}, async (world, [a, b]) => {
        assert.equal(a.say(b, 1), false);
        await connect(world, a, b);
        a.channel.setReserved([]);
        assert.equal(a.say(b, 2), false);
        await world.until(() => b.heard().includes("closed"));
        assert.equal(b.say(a, 3), false);
        assert.deepEqual(
          [a.heard(), b.heard()],
          [
            ["opened", "closed"],
            ["opened", "closed"],
          ],
        );
      }));

    test("a new reserved set replaces the last one", () =>
      chatting(3, {}, async (world, [a, b, c]) => {
        await connect(world, a, b);
        a.channel.setReserved([(c as Side).network.localPeer]);
        await world.until(() => a.isConnectedTo(c as Side) && (c as Side).isConnectedTo(a));
        await world.until(() => !b.isConnectedTo(a));
        assert.equal(a.isConnectedTo(b), false);
      }));

    test("whoever ends a stream, a reserved peer is dialled again", () =>
      chatting(2, {}, async (world, [a, b]) => {
        await connect(world, a, b);
        for (const [side, other] of [
          [a, b],
          [b, a],
        ] as const) {
          side.channel.disconnect(other.network.localPeer);
          assert.equal(side.isConnectedTo(other), false);
          await world.until(() => !other.isConnectedTo(side));
          await world.until(() => a.isConnectedTo(b) && b.isConnectedTo(a));
        }
        assert.deepEqual(a.heard(), ["opened", "closed", "opened", "closed", "opened"]);
      }));

    test("who is turned away in the moment of connecting is not left with a stream", async () => {
      const world = await make(2);
      try {
        const [host, network] = world.networks as [Network, Network];
        const guest = new Side(network, chat);
        let turnedAway = 0;
        const channel = host.registerNotifications(chat, ({ type, peer }) => {
          if (type !== "opened") return;
          turnedAway += 1;
          channel.disconnect(peer);
        });
        guest.channel.setReserved([host.localPeer]);
        await world.until(() => turnedAway > 0);
        await world.quiet();
        assert.deepEqual([channel.peers(), guest.channel.peers()], [[], []]);
      } finally {
        await world.close();
      }
    });

    test("nobody is connected to himself", () =>
      chatting(2, {}, async (world, [a, b]) => {
        a.channel.setReserved([a.network.localPeer, b.network.localPeer]);
        await world.until(() => a.isConnectedTo(b));
        assert.deepEqual(a.channel.peers(), [b.network.localPeer]);
      }));

    test("a peer that does not read loses its stream when the queue is full", () =>
      chatting(2, {}, async (world, [a, b]) => {
        await connect(world, a, b);
        const sent: boolean[] = [];
        for (let i = 0; i < 1000 && sent.at(-1) !== false; i++) sent.push(a.say(b, i));
        assert.ok(sent.length > chat.queueMax && sent.at(-1) === false, "the queue has an end");
        assert.equal(a.isConnectedTo(b), false);
        await world.until(() => b.heard().includes("closed"));
      }));
  });

  describe(`${name}: requests`, () => {
    /** Two participants, the second of which answers as `onRequest` says. */
    const asking = (
      onRequest: (request: IncomingRequest) => void,
      run: (world: NetworkSuiteWorld, a: Side, b: Side) => Promise<void>,
    ): Promise<void> =>
      chatting(2, {}, async (world, [a, b]) => {
        a.network.registerRequests(echo);
        b.network.registerRequests(echo, onRequest);
        await connect(world, a, b);
        await run(world, a, b);
      });

    const failure = (code: string): unknown => ({ ok: false, error: { code } });

    test("an answer comes back, also an empty one to an empty question", () =>
      asking(
        ({ peer, payload, respond }) => {
          assert.notEqual(peer, "");
          respond(payload);
        },
        async (world, a, b) => {
          for (const payload of [bytes(), bytes(1), bytes(1, 2, 3, 4)])
            assert.deepEqual(await settled(world, a.ask(b, payload)), ok(payload));
        },
      ));

    test("answers in another order than the questions find theirs", () => {
      const open: IncomingRequest[] = [];
      return asking(
        (request) => open.push(request),
        async (world, a, b) => {
          const first = a.ask(b, bytes(1));
          const second = a.ask(b, bytes(2));
          await world.until(() => open.length === 2);
          for (const { payload, respond } of open.reverse()) respond(payload);
          assert.deepEqual(await settled(world, first), ok(bytes(1)));
          assert.deepEqual(await settled(world, second), ok(bytes(2)));
        },
      );
    });

    test("a refusal is an error, and what is said after it has no effect", () =>
      asking(
        ({ refuse, respond }) => {
          refuse();
          respond(bytes(1));
        },
        async (world, a, b) => {
          assert.deepEqual(await settled(world, a.ask(b, bytes(1))), failure("refused"));
        },
      ));

    test("a question or an answer above the limit is an error; an oversized question is not seen", () => {
      let seen = 0;
      return asking(
        ({ respond }) => {
          seen += 1;
          respond(new Uint8Array(echo.responseBytesMax + 1));
        },
        async (world, a, b) => {
          const long = new Uint8Array(echo.requestBytesMax + 1);
          assert.deepEqual(await settled(world, a.ask(b, long)), failure("refused"));
          assert.equal(seen, 0);
          assert.deepEqual(await settled(world, a.ask(b, bytes(1))), {
            ok: false,
            error: { code: "responseTooLarge", bytes: echo.responseBytesMax + 1 },
          });
        },
      );
    });

    test("beyond the limit of questions under way they are refused at once, not queued", () => {
      const open: IncomingRequest[] = [];
      return asking(
        (request) => open.push(request),
        async (world, a, b) => {
          const taken = [a.ask(b, bytes(1)), a.ask(b, bytes(2))];
          await world.until(() => open.length === echo.inboundMax);
          assert.deepEqual(await settled(world, a.ask(b, bytes(3))), failure("refused"));
          for (const { payload, respond } of open.splice(0)) respond(payload);
          for (const answer of taken) assert.equal((await settled(world, answer)).ok, true);
          const next = a.ask(b, bytes(4));
          await world.until(() => open.length === 1);
          open[0]?.respond(bytes(4));
          assert.deepEqual(await settled(world, next), ok(bytes(4)));
        },
      );
    });

    test("questions that nobody answers time out and free their places", () => {
      let seen = 0;
      return asking(
        () => {
          seen += 1;
        },
        async (world, a, b) => {
          for (let round = 1; round <= 2; round++) {
            const answers = [a.ask(b, bytes(1)), a.ask(b, bytes(2))];
            for (const answer of answers)
              assert.deepEqual(await settled(world, answer), failure("timeout"));
            await world.quiet();
            assert.equal(seen, round * echo.inboundMax);
          }
        },
      );
    });

    test("strangers are asked only when a connection may be tried, and ourselves never", () =>
      chatting(2, {}, async (world, [a, b]) => {
        a.network.registerRequests(echo);
        b.network.registerRequests(echo, ({ payload, respond }) => respond(payload));
        assert.deepEqual(await settled(world, a.ask(b, bytes(1))), failure("notConnected"));
        assert.deepEqual(
          await answered(world, () => a.ask(b, bytes(1), "tryConnect")),
          ok(bytes(1)),
        );
        assert.deepEqual(
          await settled(world, a.ask(a, bytes(1), "tryConnect")),
          failure("notConnected"),
        );
        const nobody = a.network.request(peerId("nobody"), echo.name, bytes(1), "tryConnect");
        assert.deepEqual(await settled(world, nobody), failure("notConnected"));
      }));

    test("a protocol that one side has not registered, or only asks in, gives no answer", () =>
      chatting(2, {}, async (world, [a, b]) => {
        await connect(world, a, b);
        assert.deepEqual(await settled(world, a.ask(b, bytes(1))), failure("unknownProtocol"));
        a.network.registerRequests(echo);
        assert.deepEqual(await settled(world, a.ask(b, bytes(1))), failure("refused"));
        b.network.registerRequests(echo);
        assert.deepEqual(await settled(world, a.ask(b, bytes(1))), failure("refused"));
      }));
  });

  describe(`${name}: reputation and the end`, () => {
    test("a banned peer is disconnected and neither heard nor asked; others are not touched", () =>
      chatting(3, {}, async (world, [a, b, other]) => {
        const c = other as Side;
        for (const { network } of [a, b, c])
          network.registerRequests(echo, ({ payload, respond }) => respond(payload));
        await connect(world, a, b);
        await connect(world, c, b);
        b.network.report(a.network.localPeer, Reputation.costMajor, "not enough for a ban");
        assert.equal(b.network.isBanned(a.network.localPeer), false);
        b.network.report(a.network.localPeer, Reputation.malicious, "a forged signature");
        assert.equal(b.network.isBanned(a.network.localPeer), true);
        assert.deepEqual(b.channel.peers(), [c.network.localPeer]);
        await world.until(() => !a.isConnectedTo(b));
        const refused = await settled(world, a.ask(b, bytes(1), "tryConnect"));
        assert.equal(refused.ok, false);
        const unasked = await settled(world, b.ask(a, bytes(1), "tryConnect"));
        assert.deepEqual(unasked, { ok: false, error: { code: "notConnected" } });
        a.channel.setReserved([]);
        a.channel.setReserved([b.network.localPeer]);
        await world.quiet();
        assert.equal(b.heard().filter((what) => what === "closed").length, 1);
        assert.deepEqual(b.channel.peers(), [c.network.localPeer]);
        assert.deepEqual(await settled(world, c.ask(b, bytes(1))), ok(bytes(1)));
      }));

    test("closing ends streams and open questions on both sides, and nothing works after it", () =>
      chatting(2, {}, async (world, [a, b]) => {
        let seen = 0;
        for (const { network } of [a, b])
          network.registerRequests(echo, () => {
            seen += 1;
          });
        await connect(world, a, b);
        const asked = a.ask(b, bytes(1));
        const answering = b.ask(a, bytes(2));
        await world.until(() => seen === 2);
        a.network.close();
        a.network.close();
        assert.deepEqual(await settled(world, asked), {
          ok: false,
          error: { code: "notConnected" },
        });
        const unanswered = await settled(world, answering);
        assert.equal(unanswered.ok || unanswered.error.code === "timeout", false);
        await world.until(() => b.heard().includes("closed"));
        assert.deepEqual(a.heard(), ["opened", "closed"]);
        a.channel.setReserved([b.network.localPeer]);
        await world.quiet();
        assert.deepEqual([a.say(b, 1), b.say(a, 1), b.channel.peers()], [false, false, []]);
        assert.equal((await settled(world, a.ask(b, bytes(1), "tryConnect"))).ok, false);
        assert.equal((await settled(world, b.ask(a, bytes(1), "tryConnect"))).ok, false);
      }));

    test("a name is registered once; who only asked may answer later", () =>
      chatting(2, {}, async (world, [a, b]) => {
        a.network.registerRequests(echo);
        assert.throws(() => a.network.registerRequests(echo), RangeError);
        const answer = ({ payload, respond }: IncomingRequest): void => respond(payload);
        a.network.registerRequests(echo, answer);
        assert.throws(() => a.network.registerRequests(echo, answer), RangeError);
        b.network.registerRequests(echo);
        assert.deepEqual(
          await answered(world, () => b.ask(a, bytes(7), "tryConnect")),
          ok(bytes(7)),
        );
        assert.throws(() => a.network.registerNotifications(chat, () => {}), RangeError);
      }));
  });
}

/** The answer of somebody who has to be dialled first, which on a busy machine takes longer than a question may. */
async function answered<T>(
  world: NetworkSuiteWorld,
  ask: () => Promise<Result<T, RequestError>>,
): Promise<Result<T, RequestError>> {
  for (let attempt = 1; ; attempt++) {
    const answer = await settled(world, ask());
    const isLate = !answer.ok && answer.error.code === "timeout";
    if (!isLate || attempt === DIAL_ATTEMPTS) return answer;
  }
}

/** The answer, once there is one. */
async function settled<T>(world: NetworkSuiteWorld, promise: Promise<T>): Promise<T> {
  let isSettled = false;
  const seen = promise.finally(() => {
    isSettled = true;
  });
  await world.until(() => isSettled);
  return seen;
}
