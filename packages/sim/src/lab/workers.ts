/** Runs of many seeds in several processes: each seed is played by whoever is free. */
import { type ChildProcess, fork } from "node:child_process";
import type { MixName } from "./draw.ts";
import type { RunLine } from "./summary.ts";

/** What a worker is told to play, and how. */
export interface Task {
  readonly seed: number;
  readonly mix: MixName;
}

/** A network makes much that is forgotten at once: with more room for it it is collected less often. */
const YOUNG = ["--max-semi-space-size=64"];

export interface WorkerOptions {
  readonly processes: number;
  /** Further arguments for the workers' node, such as `--import`. */
  readonly execArgv?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  /** A run is done. True when no more are wanted. */
  readonly onRun: (run: RunLine) => boolean;
}

/** Plays all tasks, or until `onRun` has enough. A run that ends its process is one that failed. */
export async function playAll(tasks: readonly Task[], options: WorkerOptions): Promise<void> {
  const waiting = [...tasks];
  let isEnough = false;
  // A worker of a test is no test.
  const inherited = process.execArgv.filter((flag) => !flag.startsWith("--test"));
  const start = (): ChildProcess =>
    fork(new URL("./worker.ts", import.meta.url), {
      execArgv: [...inherited, ...YOUNG, ...(options.execArgv ?? [])],
      env: { ...process.env, ...options.env },
    });
  const one = async (): Promise<void> => {
    let worker = start();
    for (let task = waiting.shift(); task !== undefined && !isEnough; task = waiting.shift()) {
      const run = await answer(worker, task);
      if (options.onRun(run)) isEnough = true;
      if (worker.exitCode !== null) worker = start();
    }
    worker.kill();
  };
  await Promise.all(Array.from({ length: Math.min(options.processes, tasks.length) }, one));
}

function answer(worker: ChildProcess, task: Task): Promise<RunLine> {
  return new Promise((resolve) => {
    const onExit = (code: number | null): void => resolve(crashed(task, code));
    worker.once("exit", onExit);
    worker.once("message", (run) => {
      worker.off("exit", onExit);
      resolve(run as RunLine);
    });
    worker.send(task);
  });
}

const crashed = ({ seed }: Task, code: number | null): RunLine => ({
  seed,
  validators: 0,
  strategies: [],
  faults: [],
  broken: ["crash"],
  seen: {},
  effects: {},
  disturbed: 0,
  finalized: "",
  lines: [`the process that played the seed ended with ${code}`],
});
