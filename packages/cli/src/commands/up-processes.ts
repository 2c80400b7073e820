/** `parahost up --processes`: the local network with a process for each validator and collator. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import type { NodeEvent } from "@parahost/node";
import type { ParaId } from "@parahost/primitives";
import { FIRST_PARA_ID, planParas } from "@parahost/sim/para-plan";
import { EventLines } from "../event-lines.ts";
import { localConfig } from "../node/chain-choice.ts";
import { type NodeEventLine, ProcessNetwork } from "../node/process-network.ts";
import { planProjects } from "../project/plan-project.ts";

/** A node that died is started again after this time, unless it has died too often. */
const RESTART_AFTER_MS = 1000;
const DEATHS_MAX = 5;

export interface ProcessesOptions {
  readonly validators: number;
  readonly paras: number;
  /** Folders of authors' chains. */
  readonly para?: readonly string[];
  readonly collators: number;
  readonly slotMs: number;
  readonly epochSlots: number;
  readonly untilFinalized?: number;
  readonly rpcPort: number;
  readonly basePath?: string;
  readonly json?: true;
  readonly log: string;
}

const PORT = 30_333;
const PROMETHEUS_PORT = 9615;

/** Runs until the wanted block is final everywhere, a signal comes, or a node cannot be kept alive. */
export async function upProcesses(options: ProcessesOptions): Promise<number> {
  const { basePath, validators, untilFinalized } = options;
  const out = (line: string): void => void process.stdout.write(`${line}\n`);
  const directory = basePath ?? mkdtempSync(join(tmpdir(), "parahost-"));
  const folders = options.para ?? [];
  const own = await planProjects(folders, FIRST_PARA_ID + options.paras);
  if (!own.ok) {
    process.stderr.write(`error: ${own.error.message}\n`);
    return 1;
  }
  const paras = [...planParas(options.paras), ...own.value];
  const kinds = new Map<ParaId, string>(paras.map(({ id, kind }) => [id, kind]));
  const lines = new EventLines(kinds);
  const finalized = new Map<string, number>();
  const deaths = new Map<string, number>();
  let end: (code: number) => void = () => {};
  const ended = new Promise<number>((resolve) => {
    end = resolve;
  });
  for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => end(0));

  const network = await ProcessNetwork.prepare(
    {
      directory,
      config: localConfig({ ...options, own: own.value }),
      validators,
      paras: paras.map(({ id }) => id),
      collators: options.collators,
      projects: new Map(own.value.map(({ id }, index) => [id, resolve(folders[index] ?? ".")])),
      port: PORT,
      rpcPort: options.rpcPort,
      prometheusPort: PROMETHEUS_PORT,
      log: options.log,
    },
    {
      event: (event) => {
        if (event.event === "relay.finalized") {
          finalized.set(event.node, event["number"] as number);
          const all = network.nodes.map(({ name }) => finalized.get(name) ?? 0);
          if (untilFinalized !== undefined && Math.min(...all) >= untilFinalized) end(0);
        }
        if (!isOfNetwork(event, network.nodes[0]?.name)) return;
        if (options.json === true) out(JSON.stringify(event));
        else {
          const line = lines.line(event as unknown as NodeEvent);
          if (line !== undefined) out(line);
        }
      },
      log: (node, line) =>
        void process.stderr.write(`[${node}] ${line.replace(/^\[[^\]]*\] /, "")}\n`),
      died: (node, how) => {
        const count = (deaths.get(node) ?? 0) + 1;
        deaths.set(node, count);
        process.stderr.write(
          `${node} ${how}${count > DEATHS_MAX ? "" : ": it is started again"}\n`,
        );
        if (count > DEATHS_MAX) end(1);
        else
          setTimeout(() => {
            network.start(node).catch((error: Error) => {
              process.stderr.write(`error: ${error.message}\n`);
              end(1);
            });
          }, RESTART_AFTER_MS);
      },
    },
  );
  try {
    await Promise.all(network.nodes.map(({ name }) => network.start(name)));
    if (options.json === true) out(JSON.stringify(startedEvent(network, directory)));
    else for (const line of firstScreen(options, network, directory)) out(line);
    return await ended;
  } finally {
    await network.stop();
    const lowest = Math.min(...network.nodes.map(({ name }) => finalized.get(name) ?? 0));
    if (options.json === true) out(JSON.stringify({ event: "summary", finalized: lowest }));
    else
      out(
        `finalized #${lowest} on every node; state in ${basePath ?? "a directory that is gone now"}`,
      );
    if (basePath === undefined) rmSync(directory, { recursive: true, force: true });
  }
}

/** Relay chain events as the first validator sees them, and what each node does itself. */
function isOfNetwork({ event, node }: NodeEventLine, first: string | undefined): boolean {
  if (event === "node.started") return false;
  return node === first || event === "candidate.seconded" || event === "para.block";
}

const startedEvent = ({ nodes }: ProcessNetwork, directory: string) => ({
  event: "network.started",
  time: Date.now(),
  rpcPort: nodes[0]?.rpcPort,
  directory,
  nodes: nodes.map(({ name, rpcPort, paraRpcPort, statusPort, child }) => ({
    name,
    pid: child?.pid,
    rpcPort,
    paraRpcPort,
    statusPort,
  })),
});

function firstScreen(
  { slotMs }: ProcessesOptions,
  { nodes }: ProcessNetwork,
  directory: string,
): string[] {
  return [
    `parahost: ${nodes.length} processes, slots of ${slotMs / 1000} s, state in ${directory}`,
    ...nodes.map(
      ({ name, rpcPort, statusPort, child }) =>
        `${name.padEnd(14)} pid ${child?.pid}, JSON-RPC ws://127.0.0.1:${rpcPort}, metrics http://127.0.0.1:${statusPort}/metrics`,
    ),
    "Ctrl-C ends the network",
    "",
  ];
}
