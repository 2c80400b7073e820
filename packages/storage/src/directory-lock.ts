/**
 * One process per directory. The lock names its process and when that one started, so that what a dead
 * process left behind is taken over, even when its number was given to another since.
 */
import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { HostError } from "@parahost/base";

const FILE = "LOCK";
/** Fields of `/proc/<pid>/stat` behind the name; the start time is the 22nd of all. */
const START_FIELD = 19;

/** Takes the directory; the answer gives it back. Throws `HostError` `storeLocked`. */
export function lockDirectory(directory: string): () => void {
  const file = join(directory, FILE);
  const own = `${process.pid} ${startedAt(process.pid) ?? "?"}`;
  const holder = readHolder(file);
  if (holder !== undefined && holder !== own && isAlive(holder))
    throw new HostError("storeLocked", {
      message: `${directory} is in use by process ${holder.split(" ")[0]}: stop it, or choose another --base-path`,
    });
  if (holder === own)
    throw new HostError("storeLocked", { message: `${directory} is open in this process already` });
  writeFileSync(file, own);
  return () => {
    if (readHolder(file) === own) rmSync(file, { force: true });
  };
}

function readHolder(file: string): string | undefined {
  try {
    return readFileSync(file, "utf8");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw error;
  }
}

function isAlive(holder: string): boolean {
  const [pid = "", start] = holder.split(" ");
  if (!/^\d+$/.test(pid)) return false;
  try {
    process.kill(Number(pid), 0);
  } catch (error) {
    // A process of somebody else is one, too.
    if ((error as NodeJS.ErrnoException).code !== "EPERM") return false;
  }
  const now = startedAt(Number(pid));
  return now === undefined || now === start;
}

/** In clock ticks since the machine started; `undefined` where the system does not say. */
function startedAt(pid: number): string | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    return stat.slice(stat.lastIndexOf(")") + 2).split(" ")[START_FIELD];
  } catch (error) {
    if (["ENOENT", "ESRCH"].includes((error as NodeJS.ErrnoException).code ?? "")) return undefined;
    throw error;
  }
}
