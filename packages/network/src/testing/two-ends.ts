/** Both ends of a protocol on one link in memory, for the tests of each protocol. */
import { type Result, VirtualClock } from "@parahost/base";
import { MemoryNetwork } from "../memory-network.ts";
import {
  type NotificationProtocol,
  type PeerId,
  peerId,
  type RequestError,
  type RequestProtocol,
} from "../port.ts";

const us = peerId("us");
const them = peerId("them");
const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/** Two networks, what the answering or receiving one holds against us, and time. */
function twoEnds() {
  const clock = new VirtualClock(0);
  const hub = new MemoryNetwork(clock);
  const [ours, theirs] = [hub.join(us), hub.join(them)];
  const costs: string[] = [];
  const report = theirs.report.bind(theirs);
  theirs.report = (peer, delta, reason) => {
    costs.push(`${delta} ${reason}`);
    report(peer, delta, reason);
  };
  const run = (ms: number): Promise<void> => clock.runUntil(clock.now() + ms, turn);
  return { ours, theirs, costs, run };
}

/** What one exchange came to. */
export interface Exchange {
  readonly result: Result<Uint8Array, RequestError>;
  /** What reached the answering side's handler. */
  readonly heard: readonly Uint8Array[];
  readonly costs: readonly string[];
  /** Milliseconds until the result was there, to the nearest 100. */
  readonly afterMs: number;
}

/** Asks over the protocol; `answer` gives the response, `undefined` to refuse, `"never"` to be silent. */
export async function exchange(
  protocol: RequestProtocol,
  payload: Uint8Array,
  answer: (payload: Uint8Array) => Uint8Array | undefined | "never",
): Promise<Exchange> {
  const { ours, theirs, costs, run } = twoEnds();
  const heard: Uint8Array[] = [];
  ours.registerRequests(protocol);
  theirs.registerRequests(protocol, ({ payload: bytes, respond, refuse }) => {
    heard.push(bytes);
    const response = answer(bytes);
    if (response === undefined) refuse();
    else if (response !== "never") respond(response);
  });
  let isSettled = false;
  const asked = ours.request(them, protocol.name, payload, "tryConnect").then((result) => {
    isSettled = true;
    return result;
  });
  let afterMs = 0;
  for (await run(0); !isSettled; afterMs += 100) await run(100);
  return { result: await asked, heard, costs, afterMs };
}

/** How many of `count` questions asked at once are taken up rather than refused. */
export async function takenAtOnce(protocol: RequestProtocol, count: number): Promise<number> {
  const { ours, theirs, run } = twoEnds();
  let taken = 0;
  ours.registerRequests(protocol);
  theirs.registerRequests(protocol, () => {
    taken += 1;
  });
  for (let i = 0; i < count; i++)
    void ours.request(them, protocol.name, new Uint8Array(1), "tryConnect");
  await run(0);
  theirs.close();
  ours.close();
  return taken;
}

type Parts = Pick<NotificationProtocol, "handshake" | "accept">;

/** What one sender's notifications came to. */
export interface Delivery {
  readonly handshakes: readonly Uint8Array[];
  readonly messages: readonly Uint8Array[];
  readonly costs: readonly string[];
  readonly isOpen: boolean;
}

/** Opens a stream with our handshake and sends messages; `accept` is the receiver's judgement. */
export async function deliver(
  protocol: (parts: Parts) => NotificationProtocol,
  handshake: Uint8Array,
  messages: readonly Uint8Array[],
  accept: (peer: PeerId, handshake: Uint8Array) => boolean = () => true,
): Promise<Delivery> {
  const { ours, theirs, costs, run } = twoEnds();
  const handshakes: Uint8Array[] = [];
  const received: Uint8Array[] = [];
  const parts: Parts = { handshake: () => handshake, accept: () => true };
  const channel = ours.registerNotifications(protocol(parts), () => {});
  const receiver = theirs.registerNotifications(protocol({ ...parts, accept }), (event) => {
    if (event.type === "opened") handshakes.push(event.handshake);
    if (event.type === "message") received.push(event.bytes);
  });
  channel.setReserved([them]);
  await run(0);
  for (const message of messages) channel.send(them, message);
  await run(0);
  return { handshakes, messages: received, costs, isOpen: receiver.peers().length === 1 };
}
