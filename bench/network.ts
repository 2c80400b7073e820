/**
 * `npm run bench:network`: what the network carries between two processes, beside plain TCP between the same
 * two in the same run. A PoV of 5 MiB is served whole, and as chunks from which it is recovered.
 * Wants an idle machine.
 */
import { type ChildProcess, fork } from "node:child_process";
import { type AddressInfo, connect, createServer, type Socket } from "node:net";
import { type Clock, expectOk, SeededRandom, silentLogger } from "@parahost/base";
import { ed25519PairFromSeed } from "@parahost/crypto";
import { obtainChunks, reconstruct, recoveryThreshold } from "@parahost/erasure";
import type { NotificationProtocol, PeerId, RequestProtocol } from "@parahost/network";
import { parsePeerAddress } from "@parahost/network/libp2p/address-book";
import { type RunningLibp2pNetwork, startLibp2pNetwork } from "@parahost/network/libp2p/start";

const MIB = 1024 * 1024;
const POV_BYTES = 5 * MIB;
const VALIDATORS = 6;
const ROUNDS = 15;
const SMALL_REQUESTS = 300;
const MESSAGES = 20_000;
const MESSAGE_BYTES = 1024;

const clock: Clock = {
  now: () => Date.now(),
  setTimer: (delayMs, wake) => {
    const handle = delayMs <= 0 ? setImmediate(wake) : setTimeout(wake, delayMs);
    return {
      cancel: () =>
        delayMs <= 0 ? clearImmediate(handle as never) : clearTimeout(handle as never),
    };
  },
};

/** Asks for a chunk by its index; 255 is the whole PoV, 254 a kilobyte. */
const WHOLE = 255;
const SMALL = 254;
const ask: RequestProtocol = {
  name: "/bench/ask/1",
  requestBytesMax: 1000,
  responseBytesMax: 16 * MIB,
  timeoutMs: 30_000,
  inboundMax: 100,
};
const gossip = (accept = true): NotificationProtocol => ({
  name: "/bench/gossip/1",
  handshake: () => Uint8Array.of(4),
  messageBytesMax: 100 * 1024,
  queueMax: 2048,
  accept: () => accept,
});

function pov(): Uint8Array {
  const bytes = new Uint8Array(POV_BYTES);
  new SeededRandom(5).fill(bytes);
  return bytes;
}

const begin = (seed: number): Promise<RunningLibp2pNetwork> =>
  startLibp2pNetwork({
    identity: ed25519PairFromSeed(new Uint8Array(32).fill(seed)),
    listen: ["/ip4/127.0.0.1/tcp/0"],
    clock,
    logger: silentLogger,
  });

/** The serving process: tells its addresses, and at the end how much CPU its work took. */
async function serve(): Promise<void> {
  const data = pov();
  const chunks = expectOk(obtainChunks(VALIDATORS, data), "chunks");
  const answerOf = (index: number): Uint8Array =>
    index === WHOLE
      ? data
      : index === SMALL
        ? data.subarray(0, 1024)
        : (chunks[index] as Uint8Array);
  const { network, addresses } = await begin(2);
  network.registerRequests(ask, ({ payload, respond }) => respond(answerOf(payload[0] ?? SMALL)));
  let heard = 0;
  network.registerNotifications(gossip(), ({ type }) => {
    if (type !== "message") return;
    heard += 1;
    if (heard % MESSAGES === 0) process.send?.({ heard, cpu: process.cpuUsage() });
  });
  const server = createServer((socket) =>
    socket.on("data", (request) => void socket.write(answerOf(request[0] ?? SMALL))),
  );
  server.listen(0, "127.0.0.1", () =>
    process.send?.({ address: addresses[0], port: (server.address() as AddressInfo).port }),
  );
}

const median = (values: readonly number[]): number =>
  [...values].sort((a, b) => a - b)[values.length >> 1] ?? Number.NaN;

/** Milliseconds of each of `rounds` runs, after one that does not count. */
async function times(rounds: number, run: () => Promise<void>): Promise<number[]> {
  await run();
  const taken: number[] = [];
  for (let i = 0; i < rounds; i++) {
    const start = performance.now();
    await run();
    taken.push(performance.now() - start);
  }
  return taken;
}

const say = (text: string): void => void process.stdout.write(`${text}\n`);

/** Median and best of the rounds: the best is what is left where other work disturbs the machine. */
const povTimes = (times: readonly number[]): string =>
  [median(times), Math.min(...times)]
    .map((ms) => `${ms.toFixed(1)} ms (${((POV_BYTES / MIB / ms) * 1000).toFixed(0)} MiB/s)`)
    .join(", best ");

/** How fast `ours` is beside `theirs`, by medians and by the best rounds. */
const ratio = (ours: readonly number[], theirs: readonly number[]): string =>
  [median(theirs) / median(ours), Math.min(...theirs) / Math.min(...ours)]
    .map((times) => `${times.toFixed(2)}x`)
    .join(", best ");

function tcpAnswer(socket: Socket, index: number, length: number): Promise<void> {
  return new Promise((resolve) => {
    let received = 0;
    const onData = (chunk: Buffer): void => {
      received += chunk.length;
      if (received < length) return;
      socket.off("data", onData);
      resolve();
    };
    socket.on("data", onData);
    socket.write(Uint8Array.of(index));
  });
}

async function measure(): Promise<void> {
  const child: ChildProcess = fork(import.meta.filename, ["serve"]);
  const { address, port } = await new Promise<{ address: string; port: number }>((resolve) =>
    child.once("message", (message) => resolve(message as never)),
  );
  const { network, stop } = await begin(1);
  network.registerRequests(ask);
  const at = expectOk(parsePeerAddress(address), address);
  network.addAddresses(at.peer, [at.address]);
  const fetch = async (index: number): Promise<Uint8Array> =>
    expectOk(
      await network.request(at.peer, ask.name, Uint8Array.of(index), "tryConnect"),
      "an answer",
    );
  const socket = connect(port, "127.0.0.1");
  socket.setNoDelay(true);
  const data = pov();

  const tcp = await times(ROUNDS, () => tcpAnswer(socket, WHOLE, POV_BYTES));
  const whole = await times(ROUNDS, async () => {
    if ((await fetch(WHOLE)).length !== POV_BYTES) throw new RangeError("not the whole PoV");
  });
  say(`5 MiB PoV, plain TCP:     ${povTimes(tcp)}`);
  say(`5 MiB PoV, served:        ${povTimes(whole)}; of TCP ${ratio(whole, tcp)}`);

  const needed = expectOk(recoveryThreshold(VALIDATORS), "a threshold");
  const recovered = await times(ROUNDS, async () => {
    // The last chunks: those that carry the data itself would need no decoding.
    const indices = Array.from({ length: needed }, (_, i) => VALIDATORS - 1 - i);
    const chunks = await Promise.all(
      indices.map(async (index) => [index, await fetch(index)] as const),
    );
    const back = expectOk(reconstruct(VALIDATORS, chunks), "recovery");
    if (Buffer.compare(back.subarray(0, POV_BYTES), data) !== 0)
      throw new RangeError("another PoV");
  });
  say(
    `5 MiB PoV, recovered:     ${povTimes(recovered)}; from ${needed} of ${VALIDATORS} chunks; of TCP ${ratio(recovered, tcp)}`,
  );

  const smallTcp = await times(SMALL_REQUESTS, () => tcpAnswer(socket, SMALL, 1024));
  const cpuBefore = process.cpuUsage();
  const small = await times(SMALL_REQUESTS, async () => void (await fetch(SMALL)));
  const cpu = process.cpuUsage(cpuBefore);
  const perRequest = (cpu.user + cpu.system) / SMALL_REQUESTS;
  say(
    `1 KiB request, latency:   ${(median(small) * 1000).toFixed(0)} us, plain TCP ${(median(smallTcp) * 1000).toFixed(0)} us; CPU of the asking side ${perRequest.toFixed(0)} us`,
  );

  await gossiping(child, network, at.peer);
  socket.destroy();
  await stop();
  child.kill();
}

/** Messages of a kilobyte as fast as they are taken. */
async function gossiping(
  child: ChildProcess,
  network: RunningLibp2pNetwork["network"],
  peer: PeerId,
): Promise<void> {
  const channel = network.registerNotifications(gossip(), () => {});
  channel.setReserved([peer]);
  while (channel.peers().length === 0) await new Promise((resolve) => setTimeout(resolve, 5));
  const done = new Promise<void>((resolve) => child.once("message", () => resolve()));
  const message = new Uint8Array(MESSAGE_BYTES).fill(7);
  const cpuBefore = process.cpuUsage();
  const start = performance.now();
  for (let sent = 0; sent < MESSAGES; ) {
    // Bursts, as gossip comes in; more than the queue holds would cost the stream.
    for (let i = 0; i < 200 && sent < MESSAGES; i++, sent++)
      if (!channel.send(peer, message)) throw new RangeError("the stream is gone");
    do await new Promise((resolve) => setImmediate(resolve));
    while (network.budget.used > 512 * 1024);
  }
  await done;
  const ms = performance.now() - start;
  const cpu = process.cpuUsage(cpuBefore);
  say(
    `1 KiB messages, gossip:   ${((MESSAGES / ms) * 1000).toFixed(0)} a second; CPU of the sending side ${((cpu.user + cpu.system) / MESSAGES).toFixed(1)} us each`,
  );
}

await (process.argv[2] === "serve" ? serve() : measure());
