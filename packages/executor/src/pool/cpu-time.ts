/** CPU time of another process, as the system counts it. */

import { execFileSync } from "node:child_process";
import { readFileSync, readlinkSync } from "node:fs";

/** Linux counts in these, whatever its own clock does. */
const TICK_MS = 10;

/**
 * Milliseconds, user and system, in steps of about 10; `undefined` once the process is gone. With a `thread` it is
 * the time of that thread alone, where the system tells.
 */
export function cpuTimeOf(pid: number, thread = 0): number | undefined {
  try {
    if (process.platform === "linux") {
      const folder = thread === 0 ? `/proc/${pid}` : `/proc/${pid}/task/${thread}`;
      return fromStat(readFileSync(`${folder}/stat`, "latin1"));
    }
    return fromClock(
      execFileSync("ps", ["-o", "time=", "-p", String(pid)], { encoding: "latin1" }),
    );
  } catch (error) {
    // Gone between two looks: `ENOENT` and `ESRCH` from the file, a status of 1 from ps.
    if (error instanceof Error) return undefined;
    throw error;
  }
}

/** The system's number of the calling thread; 0 where it does not tell. */
export function ownThread(): number {
  if (process.platform !== "linux") return 0;
  return Number(readlinkSync("/proc/thread-self").split("/").at(-1));
}

/** Fields 14 and 15 of proc(5), counted behind the name, which may hold anything. */
export function fromStat(text: string): number | undefined {
  const fields = text.slice(text.lastIndexOf(")") + 2).split(" ");
  const ticks = Number(fields[11]) + Number(fields[12]);
  return Number.isFinite(ticks) ? ticks * TICK_MS : undefined;
}

/** `[hours:]minutes:seconds.hundredths`, as ps prints it. */
export function fromClock(text: string): number | undefined {
  const seconds = text
    .trim()
    .split(":")
    .reduce((sum, part) => sum * 60 + Number(part), 0);
  return Number.isFinite(seconds) ? seconds * 1000 : undefined;
}
