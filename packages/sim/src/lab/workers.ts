/** Runs of many seeds in several processes: each seed is played by whoever is free. */
import { type ChildProcess, fork } from "node:child_process";
import type { RunLine } from "./summary.ts";

/** What a worker is told to play, and how. */
export interface Task {
  readonly seed: number;
  readonly mix: "ci" | "night";
}

export interface WorkerOptions {
  readonly processes: number;
  /** Further arguments for the workers' node, such as `--import`. */
  readonly execArgv?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  /** A run is done. True when no more are wanted. */
  readonly onRun: (run: RunLine) => boolean;
}

/** Plays all tasks, or until `onRun` has enough. Rejects when a worker dies. */
export async function playAll(tasks: readonly Task[], options: WorkerOptions): Promise<void> {
  const waiting = [...tasks];
  let isEnough = false;
  const one = async (): Promise<void> => {
    const worker = fork(new URL("./worker.ts", import.meta.url), {
      execArgv: [...process.execArgv, ...(options.execArgv ?? [])],
      env: { ...process.env, ...options.env },
    });
    try {
      for (let task = waiting.shift(); task !== undefined && !isEnough; task = waiting.shift())
        if (options.onRun(await answer(worker, task))) isEnough = true;
    } finally {
      worker.kill();
    }
  };
  await Promise.all(Array.from({ length: Math.min(options.processes, tasks.length) }, one));
}

function answer(worker: ChildProcess, task: Task): Promise<RunLine> {
  return new Promise((resolve, reject) => {
    const onExit = (code: number | null): void =>
      reject(new Error(`the worker that played seed ${task.seed} ended with ${code}`));
    worker.once("exit", onExit);
    worker.once("message", (run) => {
      worker.off("exit", onExit);
      resolve(run as RunLine);
    });
    worker.send(task);
  });
}
