/** A network as `parahost up` starts it, in a process of its own, for clients to connect to. */
import { type ChildProcess, spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";

const root = join(import.meta.dirname, "../..");
const MAIN = join(root, "packages/cli/src/main.ts");

/** Quick enough for tests, and slow enough for two busy cores. */
const FLAGS = [
  ["--validators", "2"],
  ["--paras", "1"],
  ["--slot-ms", "1000"],
  ["--epoch-slots", "8"],
] as const;

/** A line of `--json`; the fields are those of its event. */
export interface NetworkEvent {
  readonly event: string;
  readonly number?: number;
  readonly rpcPort?: number;
}

interface Started {
  readonly child: ChildProcess;
  readonly port: number;
}

export class LiveNetwork {
  /** Everything that the network has said, over all of its lives. */
  readonly events: NetworkEvent[] = [];
  readonly #flags: readonly string[];
  #started: Started | undefined;
  #listeners: ((event: NetworkEvent) => void)[] = [];

  private constructor(flags: readonly string[]) {
    this.#flags = flags;
  }

  /** Flags that are given stand in place of ours. */
  static async start(...flags: readonly string[]): Promise<LiveNetwork> {
    const ours = FLAGS.filter(([name]) => !flags.includes(name)).flat();
    const network = new LiveNetwork([...ours, ...flags]);
    await network.#launch(0);
    return network;
  }

  get port(): number {
    return this.#running().port;
  }

  get url(): string {
    return `ws://127.0.0.1:${this.port}`;
  }

  /** The first event to come that matches. */
  next(matches: (event: NetworkEvent) => boolean): Promise<NetworkEvent> {
    return new Promise((resolve) => {
      const listener = (event: NetworkEvent): void => {
        if (!matches(event)) return;
        this.#listeners = this.#listeners.filter((other) => other !== listener);
        resolve(event);
      };
      this.#listeners.push(listener);
    });
  }

  /** Bytes of memory that the process holds now. */
  memory(): number {
    const status = readFileSync(`/proc/${this.#running().child.pid}/status`, "utf8");
    return Number(/^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1]) * 1024;
  }

  /** Ends the network and starts it again on the same port. */
  async restart(): Promise<void> {
    const { port } = this.#running();
    await this.stop();
    await this.#launch(port);
  }

  async stop(): Promise<void> {
    const { child } = this.#running();
    this.#started = undefined;
    const ended = new Promise((resolve) => child.once("close", resolve));
    child.kill("SIGTERM");
    await ended;
  }

  #running(): Started {
    if (this.#started === undefined) throw new Error("the network is not running");
    return this.#started;
  }

  #launch(rpcPort: number): Promise<void> {
    const child = spawn(
      process.execPath,
      [MAIN, "up", "--json", "--rpc-port", String(rpcPort), ...this.#flags],
      { cwd: root, stdio: ["ignore", "pipe", "inherit"] },
    );
    return new Promise((resolve, reject) => {
      child.once("exit", (code) => reject(new Error(`the network ended with ${code}`)));
      createInterface({ input: child.stdout }).on("line", (line) => {
        const event = JSON.parse(line) as NetworkEvent;
        this.events.push(event);
        if (event.event === "network.started" && event.rpcPort !== undefined) {
          this.#started = { child, port: event.rpcPort };
          resolve();
        }
        for (const listener of this.#listeners) listener(event);
      });
    });
  }
}

/** Waits until `look` answers with something; a test's own time limit ends it. */
export async function eventually<T>(
  look: () => T | undefined | Promise<T | undefined>,
): Promise<T> {
  for (;;) {
    const found = await look();
    if (found !== undefined) return found;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

interface Answer<T> {
  readonly result?: T;
  readonly error?: { readonly code: number; readonly message: string };
}

async function post<T>(
  port: number,
  method: string,
  params: readonly unknown[],
): Promise<Answer<T>> {
  const response = await fetch(`http://127.0.0.1:${port}`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ jsonrpc: "2.0", id: 1, method, params }),
  });
  return (await response.json()) as Answer<T>;
}

/** The result of a call over HTTP. */
export async function call<T>(
  port: number,
  method: string,
  params: readonly unknown[],
): Promise<T> {
  const { result, error } = await post<T>(port, method, params);
  if (error !== undefined) throw new Error(`${method}: ${error.code} ${error.message}`);
  return result as T;
}

/** The error of a call over HTTP that is refused. */
export async function refusal(port: number, method: string, params: readonly unknown[]) {
  const { error } = await post(port, method, params);
  if (error === undefined) throw new Error(`${method} was not refused`);
  return error;
}
