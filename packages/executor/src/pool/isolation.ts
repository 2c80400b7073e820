/**
 * What keeps a worker process to itself. Each measure is taken where the system offers it; what is in force is known
 * by trying, once for each process of ours, and `parahost doctor` prints it.
 *
 * Not within reach without native code: seccomp filters, Landlock, control groups.
 */

import { spawnSync } from "node:child_process";
import { existsSync, realpathSync } from "node:fs";
import { dirname, join } from "node:path";

export interface IsolationMeasure {
  readonly name: string;
  readonly inForce: boolean;
  /** What it does, or why it cannot be had and how it could be. */
  readonly detail: string;
}

export interface WorkerIsolation {
  /** Program and arguments to start another program with; empty where nothing is offered. */
  readonly launcher: readonly string[];
  /** For Node itself. */
  readonly nodeFlags: readonly string[];
  readonly measures: readonly IsolationMeasure[];
}

const PROGRAM_FOLDERS = ["/usr/bin", "/bin", "/usr/sbin", "/sbin"];
/** From all that may be had to the least that is worth having. */
const NAMESPACES: readonly (readonly string[])[] = [
  ["--user", "--net", "--ipc", "--uts", "--mount", "--cgroup"],
  ["--user", "--net"],
  // Without user namespaces the superuser still may.
  ["--net", "--ipc", "--uts"],
];
/** Gives way to the threads that keep the node in time. */
const NICENESS = "2";
const PROBE_TIMEOUT_MS = 5_000;

let known: WorkerIsolation | undefined;

/** The measures for workers that this process starts. Tries them at the first call. */
export function workerIsolation(): WorkerIsolation {
  known ??= probe();
  return known;
}

function probe(): WorkerIsolation {
  const nice = programFor("nice", [["-n", NICENESS]]);
  const namespaces = programFor("unshare", NAMESPACES);
  const privileges = programFor("setpriv", [["--no-new-privs"]]);
  const permission = permissionFlags();
  return {
    launcher: [...(nice ?? []), ...(namespaces ?? []), ...(privileges ?? [])],
    nodeFlags: permission ?? [],
    measures: [
      {
        name: "process group",
        inForce: true,
        detail: "a process of its own, killed with all that belongs to it",
      },
      { name: "environment", inForce: true, detail: "none; no descriptors but three pipes" },
      {
        name: "permissions",
        inForce: permission !== undefined,
        detail:
          permission === undefined
            ? "this Node has no permission model; 24 has"
            : `reads nothing outside of ${programFolders().join(" and ")}; no writing, no programs, no add-ons`,
      },
      {
        name: "network namespace",
        inForce: namespaces !== undefined,
        detail:
          namespaces === undefined
            ? "unshare is not there or not allowed; allow user namespaces to have no network in workers"
            : "no network, not even loopback",
      },
      {
        name: "user namespace",
        inForce: namespaces?.includes("--user") ?? false,
        detail:
          namespaces?.includes("--user") === true
            ? `no capabilities; ${namespaces.slice(1).map(bare).join(", ")} of its own`
            : "unprivileged user namespaces are not allowed here",
      },
      {
        name: "no new privileges",
        inForce: privileges !== undefined,
        detail: privileges === undefined ? "setpriv is not there" : "no program can add rights",
      },
      {
        name: "resource limits",
        inForce: process.platform === "linux",
        detail:
          process.platform === "linux"
            ? "memory, descriptors, no files, no core dumps"
            : "descriptors, no files, no core dumps; this system does not limit memory",
      },
      {
        name: "low priority",
        inForce: nice !== undefined,
        detail: nice === undefined ? "nice is not there" : `niceness ${NICENESS}`,
      },
    ],
  };
}

const bare = (flag: string): string => flag.replace("--", "");

/** The program with the first of these argument lists under which Node starts. */
function programFor(
  name: string,
  candidates: readonly (readonly string[])[],
): readonly string[] | undefined {
  const program = PROGRAM_FOLDERS.map((folder) => join(folder, name)).find(existsSync);
  if (program === undefined) return undefined;
  const working = candidates.find((args) => {
    const { status } = spawnSync(program, [...args, process.execPath, "--version"], {
      cwd: "/",
      env: {},
      stdio: "ignore",
      timeout: PROBE_TIMEOUT_MS,
    });
    return status === 0;
  });
  return working === undefined ? undefined : [program, ...working];
}

/** Reading its own code and the number of its thread is all that a worker may do outside of its pipes. */
function permissionFlags(): readonly string[] | undefined {
  if (!process.allowedNodeEnvironmentFlags.has("--permission")) return undefined;
  return [
    "--permission",
    "--allow-worker",
    ...programFolders().map((folder) => `--allow-fs-read=${join(folder, "*")}`),
    "--allow-fs-read=/proc/thread-self",
    "--no-warnings",
  ];
}

/** The folders that this room and everything it imports are in: installed packages, and where ours are linked from. */
function programFolders(): readonly string[] {
  const imported = join("@parahost", "base");
  let folder = import.meta.dirname;
  while (!existsSync(join(folder, "node_modules", imported))) {
    const parent = dirname(folder);
    if (parent === folder) return [parent];
    folder = parent;
  }
  const installed = join(folder, "node_modules");
  return [installed, dirname(realpathSync(join(installed, imported)))];
}
