/** Resident memory of another process, as the system counts it. */

import { readFileSync } from "node:fs";

export interface MemoryUse {
  readonly residentBytes: number;
  /** The most that it ever was. */
  readonly peakBytes: number;
}

/** `undefined` once the process is gone, or where the system does not tell. */
export function memoryUseOf(pid: number): MemoryUse | undefined {
  if (process.platform !== "linux") return undefined;
  try {
    return fromStatus(readFileSync(`/proc/${pid}/status`, "latin1"));
  } catch (error) {
    // Gone between two looks: `ENOENT` or `ESRCH`.
    if (error instanceof Error) return undefined;
    throw error;
  }
}

/** Lines `VmRSS` and `VmHWM` of proc(5). */
export function fromStatus(text: string): MemoryUse | undefined {
  const kilobytes = (name: string): number =>
    Number(new RegExp(`^${name}:\\s+(\\d+) kB$`, "m").exec(text)?.[1]);
  const residentBytes = kilobytes("VmRSS") * 1024;
  const peakBytes = kilobytes("VmHWM") * 1024;
  return Number.isFinite(residentBytes + peakBytes) ? { residentBytes, peakBytes } : undefined;
}

/** How much more a process has had at some time since `before` than it had then. */
export function grownSince(before: MemoryUse, now: MemoryUse): number {
  const most = now.peakBytes > before.peakBytes ? now.peakBytes : now.residentBytes;
  return Math.max(0, most - before.residentBytes);
}
