/** `parahost doctor`: whether this machine can run a node, and what to do where it cannot. */
import { randomBytes } from "node:crypto";
import {
  closeSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readFileSync,
  rmSync,
  statfsSync,
  writeSync,
} from "node:fs";
import { createServer } from "node:net";
import { freemem, totalmem } from "node:os";
import { join } from "node:path";
import { ProcessPoolExecutor } from "@parahost/executor";
import { adderCode } from "@parahost/kit/artifacts";
import type { Command } from "commander";
import { defaultBasePath } from "../node/directories.ts";
import { VERSION } from "../version.ts";

const NODE_MAJOR_MIN = 24;
const PORTS = [
  [30_333, "peers"],
  [9944, "JSON-RPC"],
  [9615, "metrics"],
] as const;
const GIB = 1 << 30;
const DISK_GIB_MIN = 5;
const MEMORY_GIB_MIN = 1;
const DESCRIPTORS_MIN = 4096;
/** A durable commit per vote and block fits into a slot many times below this. */
const SYNC_MS_MAX = 50;
const SYNCS = 20;
const SYNC_BYTES = 16_384;
/** No machine that was set right says it is earlier. */
const CLOCK_MIN = Date.UTC(2024, 0, 1);

/** `warning`: a node runs, with less than it should have. */
type Grade = "ok" | "warning" | "failed";

interface Finding {
  readonly what: string;
  readonly grade: Grade;
  readonly found: string;
  /** What to do about it. */
  readonly remedy?: string;
}

export function addDoctorCommand(program: Command): void {
  program
    .command("doctor")
    .description("check ports, clock, disk, memory, limits, versions and the isolation of workers")
    .option("-d, --base-path <directory>", "where a node would keep its state", defaultBasePath())
    .option("--json", "one JSON object per line instead of text")
    .action(async (flags: { readonly basePath: string; readonly json?: true }) => {
      const findings = await examine(flags.basePath);
      for (const finding of findings)
        process.stdout.write(`${flags.json ? JSON.stringify(finding) : line(finding)}\n`);
      if (findings.some(({ grade }) => grade === "failed")) process.exitCode = 1;
    });
}

const line = ({ what, grade, found, remedy }: Finding): string =>
  `${grade.padEnd(8)} ${what.padEnd(10)} ${found}${remedy === undefined ? "" : `\n${" ".repeat(20)}${remedy}`}`;

/** All findings, the good ones too. */
export async function examine(basePath: string): Promise<readonly Finding[]> {
  return [
    versions(),
    clock(),
    ...(await Promise.all(PORTS.map(([port, use]) => portFinding(port, use)))),
    disk(basePath),
    memory(),
    descriptors(),
    await isolation(),
  ];
}

function versions(): Finding {
  const found = `parahost ${VERSION}, Node ${process.version} on ${process.platform} ${process.arch}`;
  const isNew = Number(process.versions.node.split(".")[0]) >= NODE_MAJOR_MIN;
  return isNew
    ? { what: "versions", grade: "ok", found }
    : { what: "versions", grade: "failed", found, remedy: `install Node ${NODE_MAJOR_MIN}` };
}

function clock(): Finding {
  const now = Date.now();
  const found = new Date(now).toISOString();
  if (now < CLOCK_MIN)
    return {
      what: "clock",
      grade: "failed",
      found,
      remedy: "set the clock: slots are counted by it",
    };
  return { what: "clock", grade: "ok", found: `${found}; compare it with a second one` };
}

async function portFinding(port: number, use: string): Promise<Finding> {
  const what = `port ${port}`;
  const server = createServer();
  const code = await new Promise<string | undefined>((resolve) => {
    server.once("error", (error: NodeJS.ErrnoException) => resolve(error.code));
    server.listen(port, () => resolve(undefined));
  });
  if (code === undefined) {
    await new Promise((resolve) => server.close(resolve));
    return { what, grade: "ok", found: `free, for ${use}` };
  }
  const remedy = "a node takes the next free one and says so; or end what listens there";
  return { what, grade: "warning", found: `not free for ${use} (${code})`, remedy };
}

function disk(basePath: string): Finding {
  const what = "disk";
  try {
    mkdirSync(basePath, { recursive: true });
    const { bavail, bsize } = statfsSync(basePath);
    const free = (bavail * bsize) / GIB;
    const ms = syncTime(basePath);
    const found = `${free.toFixed(1)} GiB free in ${basePath}, a synced write takes ${ms.toFixed(1)} ms`;
    if (free < DISK_GIB_MIN)
      return { what, grade: "warning", found, remedy: `${DISK_GIB_MIN} GiB should be free` };
    if (ms > SYNC_MS_MAX)
      return { what, grade: "warning", found, remedy: "a validator needs a faster disk" };
    return { what, grade: "ok", found };
  } catch (error) {
    const remedy = "make it writable, or choose another --base-path";
    return { what, grade: "failed", found: String(error), remedy };
  }
}

/** Median time of a small write that reaches the disk, milliseconds. */
function syncTime(directory: string): number {
  const file = join(directory, `.doctor-${process.pid}`);
  const descriptor = openSync(file, "w");
  const times: number[] = [];
  try {
    for (let i = 0; i < SYNCS; i++) {
      const start = performance.now();
      writeSync(descriptor, randomBytes(SYNC_BYTES));
      fsyncSync(descriptor);
      times.push(performance.now() - start);
    }
  } finally {
    closeSync(descriptor);
    rmSync(file, { force: true });
  }
  return times.sort((a, b) => a - b)[SYNCS >> 1] as number;
}

function memory(): Finding {
  const found = `${(freemem() / GIB).toFixed(1)} of ${(totalmem() / GIB).toFixed(1)} GiB free`;
  const what = "memory";
  return freemem() / GIB >= MEMORY_GIB_MIN
    ? { what, grade: "ok", found }
    : { what, grade: "warning", found, remedy: `a validator wants ${MEMORY_GIB_MIN} GiB` };
}

function descriptors(): Finding {
  const what = "limits";
  try {
    const limits = readFileSync("/proc/self/limits", "utf8");
    const most = /Max open files\s+(\d+|unlimited)/.exec(limits)?.[1] ?? "unknown";
    const found = `${most} open files`;
    return most === "unlimited" || Number(most) >= DESCRIPTORS_MIN
      ? { what, grade: "ok", found }
      : { what, grade: "warning", found, remedy: `raise them: ulimit -n ${DESCRIPTORS_MIN}` };
  } catch {
    return { what, grade: "ok", found: "this system does not tell" };
  }
}

/** Runs a worker as nodes do. */
async function isolation(): Promise<Finding> {
  const what = "workers";
  const executor = new ProcessPoolExecutor({ workers: 1 });
  try {
    const prepared = await executor.prepare({ code: adderCode(), executorParams: [] });
    const found = `validation code is prepared in a process of its own: ${prepared.type}`;
    if (prepared.type === "prepared") return { what, grade: "ok", found };
    const remedy = "workers need /bin/sh, and Node's permission model";
    return { what, grade: "failed", found, remedy };
  } finally {
    await executor.close();
  }
}
