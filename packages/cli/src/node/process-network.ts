/**
 * A network of processes on this machine: a `parahost node` for each validator and each collator, which know each other by a
 * table of addresses. What a node keeps lies in a directory of its own, so a node that dies is started again where
 * it was.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { type AddressInfo, createServer } from "node:net";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { HostError, hexToBytes } from "@parahost/base";
import { ed25519PairFromSeed } from "@parahost/crypto";
import { peerIdOfKey } from "@parahost/network";
import { asParaId } from "@parahost/primitives";
import {
  developmentKeys,
  developmentUri,
  type GenesisConfig,
  plainChainSpec,
} from "@parahost/runtime";
import { collatorName, validatorName } from "@parahost/sim/local-network";
import type { AuthorityEntry } from "./authority-table-file.ts";
import { directoriesOf, ownNodeKey } from "./directories.ts";

const CHAIN_ID = "local_testnet";
const MAIN = new URL("../main.ts", import.meta.url).pathname;
const LOOPBACK = "127.0.0.1";
const PORTS_TRIED_MAX = 1000;
/** A node that was asked to end is killed after this time. */
const STOP_WITHIN_MS = 2000;
const START_WITHIN_MS = 60_000;

export interface ProcessNetworkOptions {
  /** Directory of everything; each node has one of its own in it. */
  readonly directory: string;
  readonly config: GenesisConfig;
  readonly validators: number;
  /** Parachains with collators. */
  readonly paras: readonly number[];
  /** Of each parachain; 1 unless given. */
  readonly collators?: number;
  /** Folders of those that are authors' chains. */
  readonly projects?: ReadonlyMap<number, string>;
  /** First ports; each node takes the next free ones. */
  readonly port: number;
  readonly rpcPort: number;
  readonly prometheusPort: number;
  readonly log: string;
}

/** What a node says on its standard output. */
export interface NodeEventLine {
  readonly event: string;
  readonly node: string;
  readonly time: number;
  readonly [field: string]: unknown;
}

export interface ProcessListener {
  event(event: NodeEventLine): void;
  /** A line that a node wrote to standard error. */
  log(node: string, line: string): void;
  /** A node ended though nobody asked it to. */
  died(node: string, how: string): void;
}

export interface ProcessNode {
  readonly name: string;
  /** The parachain of a collator. */
  readonly para: number | undefined;
  readonly flags: readonly string[];
  child: ChildProcess | undefined;
  /** Of the running process. */
  rpcPort: number | undefined;
  /** Where clients of a collator's parachain go. */
  paraRpcPort: number | undefined;
  statusPort: number | undefined;
  /** Nobody minds that it ends. */
  isStopping: boolean;
}

export class ProcessNetwork {
  readonly nodes: readonly ProcessNode[];
  readonly #listener: ProcessListener;

  /** Writes specification, node keys and the table of addresses. */
  static async prepare(
    options: ProcessNetworkOptions,
    listener: ProcessListener,
  ): Promise<ProcessNetwork> {
    const { directory, config, validators, paras, log, collators = 1, projects } = options;
    mkdirSync(directory, { recursive: true });
    const chain = join(directory, "chain.json");
    const info = {
      name: "Local Testnet",
      id: CHAIN_ID,
      chainType: "Local",
      bootNodes: [],
    } as const;
    writeFileSync(chain, plainChainSpec(info, config));
    const table = join(directory, "authorities.json");
    const seats: Seat[] = [
      ...Array.from({ length: validators }, (_, index) => ({ name: validatorName(index) })),
      ...paras.flatMap((para) =>
        Array.from({ length: collators }, (_, turn) => ({
          name: collatorName(asParaId(para), turn),
          collates: { para, turn },
        })),
      ),
    ];
    const ports = await freePorts(options.port, seats.length);
    const addresses = seats.map(({ name }, index) => {
      const seed = ownNodeKey(directoriesOf(join(directory, name), CHAIN_ID).nodeKey);
      const peer = peerIdOfKey(hexToBytes(ed25519PairFromSeed(seed).publicKey));
      return `/ip4/${LOOPBACK}/tcp/${ports[index]}/p2p/${peer}`;
    });
    const entries: AuthorityEntry[] = [];
    const nodes = seats.map(({ name, collates }, index): ProcessNode => {
      const basePath = join(directory, name);
      const uri = developmentUri(index);
      const listen = `/ip4/${LOOPBACK}/tcp/${ports[index]}`;
      if (collates === undefined)
        entries.push({
          authority: developmentKeys(uri).authorityDiscovery,
          addresses: addresses.slice(index, index + 1),
        });
      const siblings = addresses.filter(
        (_, other) => other !== index && seats[other]?.collates?.para === collates?.para,
      );
      const flags = [
        ...["node", "--json", "--chain", chain, "--name", name, "--base-path", basePath],
        ...["--execute-workers-max-num", "1"],
        ...["--listen-addr", listen, "--authority-table", table, "--log", log],
        ...["--rpc-port", String(options.rpcPort === 0 ? 0 : options.rpcPort + index)],
        ...[
          "--prometheus-port",
          String(options.prometheusPort === 0 ? 0 : options.prometheusPort + index),
        ],
        ...(collates === undefined
          ? ["--keys-of", uri]
          : collatorFlags(collates, collators, siblings, projects?.get(collates.para))),
      ];
      return {
        ...{ name, para: collates?.para, flags, isStopping: false },
        ...{ child: undefined, rpcPort: undefined, paraRpcPort: undefined, statusPort: undefined },
      };
    });
    writeFileSync(table, JSON.stringify(entries, undefined, 2));
    return new ProcessNetwork(nodes, listener);
  }

  private constructor(nodes: readonly ProcessNode[], listener: ProcessListener) {
    this.nodes = nodes;
    this.#listener = listener;
  }

  node(name: string): ProcessNode {
    const found = this.nodes.find((candidate) => candidate.name === name);
    if (found === undefined) throw new RangeError(`no node is called ${name}`);
    return found;
  }

  /** Starts a node and waits until it serves. Rejects with `HostError` `nodeEnded` when it ends before. */
  start(name: string): Promise<void> {
    const node = this.node(name);
    const child = spawn(process.execPath, [MAIN, ...node.flags], {
      stdio: ["ignore", "pipe", "pipe"],
      // Ctrl-C reaches us alone; we end the nodes.
      detached: true,
    });
    node.child = child;
    node.isStopping = false;
    return new Promise((resolve, reject) => {
      let isServing = false;
      const limit = setTimeout(() => {
        child.kill("SIGKILL");
        reject(new HostError("nodeEnded", { message: `${name} did not start in time` }));
      }, START_WITHIN_MS);
      createInterface({ input: child.stderr }).on("line", (line) => this.#listener.log(name, line));
      createInterface({ input: child.stdout }).on("line", (line) => {
        const event = JSON.parse(line) as NodeEventLine;
        if (event.event === "node.started") {
          node.rpcPort = event["rpcPort"] as number;
          node.paraRpcPort = event["paraRpcPort"] as number | undefined;
          node.statusPort = event["statusPort"] as number | undefined;
          isServing = true;
          clearTimeout(limit);
          resolve();
        }
        this.#listener.event(event);
      });
      child.once("close", (code, signal) => {
        clearTimeout(limit);
        if (node.child === child) node.child = undefined;
        const how = signal === null ? `ended with ${code}` : `was ended by ${signal}`;
        if (!isServing)
          reject(new HostError("nodeEnded", { message: `${name} ${how} before it served` }));
        else if (!node.isStopping) this.#listener.died(name, how);
      });
    });
  }

  /** Ends a node's process at once and waits until it is gone. */
  async kill(name: string): Promise<void> {
    const node = this.node(name);
    node.isStopping = true;
    await ended(node, "SIGKILL");
  }

  /** Asks all nodes to end; those that do not are killed after two seconds. */
  async stop(): Promise<void> {
    await Promise.all(
      this.nodes.map(async (node) => {
        node.isStopping = true;
        const limit = setTimeout(() => node.child?.kill("SIGKILL"), STOP_WITHIN_MS);
        await ended(node, "SIGTERM");
        clearTimeout(limit);
      }),
    );
  }
}

/** A validator, or one of a parachain's collators. */
interface Seat {
  readonly name: string;
  readonly collates?: { readonly para: number; readonly turn: number };
}

function collatorFlags(
  { para, turn }: NonNullable<Seat["collates"]>,
  count: number,
  siblings: readonly string[],
  project: string | undefined,
): string[] {
  return [
    ...["--collator", "--para", String(para)],
    ...(project === undefined ? [] : ["--project", project]),
    ...(count === 1 ? [] : ["--turn", `${turn + 1}/${count}`]),
    ...siblings.flatMap((address) => ["--para-bootnodes", address]),
  ];
}

function ended({ child }: ProcessNode, signal: "SIGTERM" | "SIGKILL"): Promise<void> {
  if (child === undefined) return Promise.resolve();
  return new Promise((resolve) => {
    child.once("close", () => resolve());
    child.kill(signal);
  });
}

/** Ports from `first` upwards that nobody listens on now; any where it is 0. */
async function freePorts(first: number, count: number): Promise<readonly number[]> {
  const servers = [];
  const ports: number[] = [];
  for (let port = first; ports.length < count && port < first + PORTS_TRIED_MAX; ) {
    const server = createServer();
    const taken = await new Promise<number | undefined>((resolve) => {
      server.once("error", () => resolve(undefined));
      server.listen(port, LOOPBACK, () => resolve((server.address() as AddressInfo).port));
    });
    if (taken !== undefined) {
      ports.push(taken);
      servers.push(server);
    }
    if (first !== 0) port += 1;
  }
  await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))));
  if (ports.length < count)
    throw new HostError("noFreePort", { message: `${count} ports from ${first} upwards` });
  return ports;
}
