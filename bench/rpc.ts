/**
 * `npm run bench:rpc`: JSON-RPC of a network at work beside a bare WebSocket echo, each in a process of its own, in
 * turns: requests per second and latency of reads and of proofs, and how long news takes to reach 1,000 subscribers.
 * A validator authors, votes and checks candidates meanwhile. Wants an idle machine.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { join } from "node:path";
import { WebSocket } from "ws";
import { LiveNetwork } from "../test/e2e/clients-network.ts";

const ROUNDS = 5;
const ROUND_MS = 1500;
const CONNECTIONS = 4;
/** Requests on their way at one time, on each connection. */
const AT_ONCE = 8;
const SUBSCRIBERS = 1000;
const NEWS = 5;
/** System.Account of //Alice. */
const ACCOUNT =
  "0x26aa394eea5630e07c48ae0c9558cef7b99d880ec681799c0cf30e8886371da9de1e86a9a8c739864cf3cc5ec2bea59fd43593c715fdd31c61141abd04a99fd6822c8558854ccde39a5684e7a56da27d";

interface Load {
  readonly perSecond: number;
  readonly p50: number;
  readonly p99: number;
}

const at = (sorted: readonly number[], share: number): number =>
  sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN;
const ascending = (values: readonly number[]): number[] => values.toSorted((a, b) => a - b);
const median = (values: readonly number[]): number => at(ascending(values), 0.5);

function open(url: string): Promise<WebSocket> {
  const socket = new WebSocket(url);
  return new Promise((resolve, reject) => {
    socket.once("open", () => resolve(socket));
    socket.once("error", reject);
  });
}

/** Sends the same request again and again for the time of a round. */
async function load(url: string, request: string): Promise<Load> {
  const sockets = await Promise.all(Array.from({ length: CONNECTIONS }, () => open(url)));
  const latencies: number[] = [];
  const startedAt = performance.now();
  await Promise.all(
    sockets.map(
      (socket) =>
        new Promise<void>((resolve) => {
          const sent: number[] = [];
          const send = (): void => {
            sent.push(performance.now());
            socket.send(request);
          };
          socket.on("message", (data) => {
            if (String(data).includes('"error"')) throw new Error(String(data));
            const now = performance.now();
            latencies.push(now - (sent.shift() ?? now));
            if (now - startedAt < ROUND_MS) send();
            else if (sent.length === 0) resolve();
          });
          for (let i = 0; i < AT_ONCE; i++) send();
        }),
    ),
  );
  const seconds = (performance.now() - startedAt) / 1000;
  for (const socket of sockets) socket.terminate();
  const sorted = ascending(latencies);
  return { perSecond: latencies.length / seconds, p50: at(sorted, 0.5), p99: at(sorted, 0.99) };
}

/** Milliseconds from the first to the last of all subscribers to hear of the same thing. */
async function spread(
  url: string,
  subscribe: string | undefined,
  provoke: (first: WebSocket) => void,
): Promise<number> {
  const sockets: WebSocket[] = [];
  for (let i = 0; i < SUBSCRIBERS; i += 50)
    sockets.push(...(await Promise.all(Array.from({ length: 50 }, () => open(url)))));
  const heard = new Map<string, number[]>();
  const done = new Promise<void>((resolve) => {
    for (const socket of sockets)
      socket.on("message", (data) => {
        const text = String(data);
        // Of a subscription the id differs; what it tells does not.
        const news = subscribe === undefined ? text : /"number":"(0x[0-9a-f]+)"/.exec(text)?.[1];
        if (news === undefined) return;
        const times = heard.get(news) ?? [];
        times.push(performance.now());
        heard.set(news, times);
        if ([...heard.values()].filter((all) => all.length >= SUBSCRIBERS).length >= NEWS)
          resolve();
      });
  });
  if (subscribe !== undefined) for (const socket of sockets) socket.send(subscribe);
  const timer = setInterval(() => {
    const [first] = sockets;
    if (first !== undefined) provoke(first);
  }, 1000);
  await done;
  clearInterval(timer);
  for (const socket of sockets) socket.terminate();
  const spreads = [...heard.values()]
    .filter((all) => all.length >= SUBSCRIBERS)
    .map((all) => Math.max(...all) - Math.min(...all));
  // The head at the time of subscribing comes at different times to each.
  return median(subscribe === undefined ? spreads : spreads.slice(1));
}

function startEcho(): Promise<{ readonly url: string; readonly child: ChildProcess }> {
  const child = spawn(process.execPath, [join(import.meta.dirname, "ws-echo.ts")], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  return new Promise((resolve) =>
    child.stdout.once("data", (port) =>
      resolve({ url: `ws://127.0.0.1:${String(port).trim()}`, child }),
    ),
  );
}

const call = (method: string, ...params: readonly unknown[]): string =>
  JSON.stringify({ jsonrpc: "2.0", id: 1, method, params });

const out = (line: string): void => void process.stdout.write(`${line}\n`);

const network = await LiveNetwork.start("--rpc-max-connections", "2000");
const echo = await startEcho();
try {
  for (const [name, request] of [
    ["read   state_getStorage", call("state_getStorage", ACCOUNT)],
    ["proof  state_getReadProof", call("state_getReadProof", [ACCOUNT])],
  ] as const) {
    const ours: Load[] = [];
    const theirs: Load[] = [];
    for (let round = 0; round < ROUNDS; round++) {
      ours.push(await load(network.url, request));
      theirs.push(await load(echo.url, request));
    }
    for (const [who, loads] of [
      ["ours", ours],
      ["echo", theirs],
    ] as const) {
      const of = (field: keyof Load): number => median(loads.map((one) => one[field]));
      out(
        `${name.padEnd(28)} ${who}  ${of("perSecond").toFixed(0).padStart(7)}/s  p50 ${of("p50").toFixed(2)} ms  p99 ${of("p99").toFixed(2)} ms`,
      );
    }
    const ratio = ours.map(({ perSecond }, i) => perSecond / (theirs[i]?.perSecond ?? 1));
    out(
      `${"".padEnd(28)} ours/echo ${median(ratio).toFixed(2)} (${Math.min(...ratio).toFixed(2)} to ${Math.max(...ratio).toFixed(2)})`,
    );
  }
  const name = `news   to ${SUBSCRIBERS} subscribers`.padEnd(28);
  const ours = await spread(network.url, call("chain_subscribeNewHead"), () => undefined);
  let number = 0;
  const theirs = await spread(echo.url, undefined, (first) =>
    first.send(`all ${number++}${"x".repeat(700)}`),
  );
  out(`${name} ours  first to last ${ours.toFixed(1)} ms`);
  out(`${name} echo  first to last ${theirs.toFixed(1)} ms`);
} finally {
  echo.child.kill();
  await network.stop();
}
