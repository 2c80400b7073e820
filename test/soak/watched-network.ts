/**
 * A network of processes under watch: what its nodes say about finality is compared over all nodes and all their
 * lives, and what they use of the machine is measured.
 */
import { readdirSync, readFileSync } from "node:fs";
import { localConfig } from "@parahost/cli/node/chain-choice";
import { type NodeEventLine, ProcessNetwork } from "@parahost/cli/node/process-network";

export interface WatchedShape {
  readonly directory: string;
  readonly validators: number;
  readonly paras: number;
  readonly slotMs: number;
  readonly epochSlots: number;
}

/** Lines of a node's log that are remembered. */
const LINES_KEPT = 30;

/** What one process uses. */
export interface Usage {
  readonly name: string;
  readonly rssMiB: number;
  readonly descriptors: number;
  /** 99 of 100 looks at the event loop found it late by no more, in the last half minute. */
  readonly delayP99Ms: number;
}

export class WatchedNetwork {
  readonly network: ProcessNetwork;
  readonly slotMs: number;
  /** Everything that must not happen, in words. */
  readonly violations: string[] = [];
  /** Final hash by number, whoever said it first. */
  readonly #final = new Map<number, { readonly hash: string; readonly node: string }>();
  /** Highest number that each node has called final, in any of its lives. */
  readonly #finalized = new Map<string, number>();
  readonly #included = new Map<number, number>();
  /** Highest block of each author. */
  readonly #sealed = new Map<string, number>();
  /** Highest block that each node has imported. */
  readonly #imported = new Map<string, number>();
  readonly #waiting = new Set<() => void>();
  readonly #listening = new Set<(node: string, line: string) => void>();
  readonly #lines = new Map<string, readonly string[]>();

  static async start(shape: WatchedShape): Promise<WatchedNetwork> {
    let watched: WatchedNetwork | undefined;
    const network = await ProcessNetwork.prepare(
      {
        directory: shape.directory,
        config: localConfig(shape),
        validators: shape.validators,
        paras: Array.from({ length: shape.paras }, (_, index) => 1000 + index),
        ...{ port: 0, rpcPort: 0, prometheusPort: 0, log: "warn,keystore=info" },
      },
      {
        event: (event) => watched?.onEvent(event),
        log: (node, line) => watched?.onLog(node, line),
        died: (node, how) =>
          watched?.violations.push([`${node} ${how}`, ...watched.lastLines(node)].join("\n  ")),
      },
    );
    watched = new WatchedNetwork(network, shape.slotMs);
    await Promise.all(network.nodes.map(({ name }) => network.start(name)));
    return watched;
  }

  private constructor(network: ProcessNetwork, slotMs: number) {
    this.network = network;
    this.slotMs = slotMs;
  }

  onEvent(event: NodeEventLine): void {
    const { node } = event;
    if (event.event === "relay.finalized") {
      const [number, hash] = [event["number"] as number, event["hash"] as string];
      const known = this.#final.get(number);
      if (known === undefined) this.#final.set(number, { hash, node });
      else if (known.hash !== hash)
        this.violations.push(`#${number} is ${known.hash} for ${known.node}, ${hash} for ${node}`);
      this.#finalized.set(node, Math.max(number, this.finalizedBy(node)));
    }
    if (event.event === "relay.imported") {
      const author = event["author"] as string;
      const number = event["number"] as number;
      this.#sealed.set(author, Math.max(number, this.sealedBy(author)));
      this.#imported.set(node, Math.max(number, this.#imported.get(node) ?? 0));
    }
    if (event.event === "candidate.included" && typeof event["number"] === "number") {
      const para = event["para"] as number;
      this.#included.set(para, Math.max(event["number"], this.#included.get(para) ?? 0));
    }
    if (event.event === "validator.slashed" || event.event.startsWith("dispute."))
      this.violations.push(JSON.stringify(event));
    for (const look of [...this.#waiting]) look();
  }

  onLog(node: string, line: string): void {
    const lines = this.#lines.get(node) ?? [];
    this.#lines.set(node, [...lines.slice(1 - LINES_KEPT), line]);
    if (/equivocat|unhandled|AssertionError/i.test(line)) this.violations.push(`${node}: ${line}`);
    for (const listen of this.#listening) listen(node, line);
    for (const look of [...this.#waiting]) look();
  }

  /** Whether the node writes such a line to standard error from now on; false when it did not in time. */
  async says(node: string, line: RegExp, limitMs: number): Promise<boolean> {
    let isSaid = false;
    const listen = (from: string, said: string): void => {
      isSaid ||= from === node && line.test(said);
    };
    this.#listening.add(listen);
    const inTime = await this.until(() => isSaid, limitMs);
    this.#listening.delete(listen);
    return inTime;
  }

  /** What the node wrote to standard error last. */
  lastLines(node: string): readonly string[] {
    return this.#lines.get(node) ?? [];
  }

  finalizedBy(node: string): number {
    return this.#finalized.get(node) ?? 0;
  }

  /** Number of the highest block that this validator has made, as far as any node has imported it. */
  sealedBy(author: string): number {
    return this.#sealed.get(author) ?? 0;
  }

  /** What every node calls final. */
  get finalizedByAll(): number {
    return Math.min(...this.network.nodes.map(({ name }) => this.finalizedBy(name)));
  }

  /** What any node calls final. */
  get finalizedByAny(): number {
    return Math.max(0, ...this.#final.keys());
  }

  /** Blocks by which the slowest node is behind the fastest. */
  get lag(): number {
    const heights = this.network.nodes.map(({ name }) => this.#imported.get(name) ?? 0);
    return Math.max(...heights) - Math.min(...heights);
  }

  /** Blocks between the best and the last final one. */
  get unfinalized(): number {
    return Math.max(0, ...this.#imported.values()) - this.finalizedByAny;
  }

  /** Number of the last included block of each para. */
  get included(): ReadonlyMap<number, number> {
    return this.#included;
  }

  /** Waits until `done`; false when it was not in time. */
  until(done: () => boolean, limitMs: number): Promise<boolean> {
    return new Promise((resolve) => {
      const finish = (is: boolean): void => {
        clearTimeout(limit);
        this.#waiting.delete(look);
        resolve(is);
      };
      const look = (): void => {
        if (done()) finish(true);
      };
      const limit = setTimeout(() => finish(false), limitMs);
      this.#waiting.add(look);
      look();
    });
  }

  /**
   * Kills the nodes, each at its own moment, and starts them again on their directories. Returns the slots from the last
   * start to the next final block; what they have forgotten is a violation.
   */
  async crash(names: readonly string[], afterMs: () => number): Promise<number> {
    await Promise.all(
      names.map(async (name) => {
        await pause(afterMs());
        await this.network.kill(name);
        await pause(afterMs());
        const before = this.finalizedBy(name);
        await this.network.start(name);
        const after = await this.#finalizedOf(name);
        if (after < before)
          this.violations.push(`${name} called #${before} final, and #${after} after its restart`);
      }),
    );
    const startedAt = Date.now();
    const final = this.finalizedByAny;
    const resumed = await this.until(() => this.finalizedByAny > final, 60 * this.slotMs);
    return resumed ? (Date.now() - startedAt) / this.slotMs : Number.POSITIVE_INFINITY;
  }

  /** Of the nodes that run now. */
  async usage(): Promise<readonly Usage[]> {
    const running = this.network.nodes.map(async ({ name, child, statusPort }) => {
      if (child?.pid === undefined || statusPort === undefined) return [];
      try {
        const status = readFileSync(`/proc/${child.pid}/status`, "utf8");
        const rssMiB = Number(/VmRSS:\s+(\d+)/.exec(status)?.[1] ?? 0) / 1024;
        const descriptors = readdirSync(`/proc/${child.pid}/fd`).length;
        const metrics = await (await fetch(`http://127.0.0.1:${statusPort}/metrics`)).text();
        const delay = /^parahost_event_loop_delay_p99_seconds\S* (\S+)$/m.exec(metrics)?.[1];
        return [{ name, rssMiB, descriptors, delayP99Ms: Number(delay) * 1000 }];
      } catch {
        // It was killed while we looked.
        return [];
      }
    });
    return (await Promise.all(running)).flat();
  }

  async #finalizedOf(name: string): Promise<number> {
    const { rpcPort } = this.network.node(name);
    const call = async (method: string, params: readonly unknown[]) => {
      const response = await fetch(`http://127.0.0.1:${rpcPort}`, {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: JSON.stringify({ jsonrpc: "2.0", id: 1, method, params }),
      });
      return ((await response.json()) as { readonly result: unknown }).result;
    };
    const hash = await call("chain_getFinalizedHead", []);
    const header = (await call("chain_getHeader", [hash])) as { readonly number: string };
    return Number(header.number);
  }
}

export const pause = (ms: number): Promise<void> =>
  new Promise((resolve) => setTimeout(resolve, ms));
