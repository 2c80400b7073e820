/** Rebuilds an author's chain when one of its files is saved, and gives the running network the new code. */
import { type FSWatcher, watch } from "node:fs";
import { sep } from "node:path";
import { bytesToHex } from "@parahost/base";
import { pairFromUri } from "@parahost/crypto";
import { buildProject, loadProject } from "@parahost/kit/compile";
import { type ParaId, type ValidationCodeHash, validationCodeHash } from "@parahost/primitives";
import { submitCall } from "../commands/tx-call.ts";
import { RpcFailure } from "../rpc-client.ts";

/** Editors write a file in several steps. */
const SETTLED_AFTER_MS = 200;

export interface WatchedPara {
  readonly id: ParaId;
  readonly directory: string;
  /** What runs now. */
  codeHash: ValidationCodeHash;
}

export interface WatchPorts {
  readonly rpcPort: number;
  readonly say: (line: string) => void;
  /** The source map of code that is about to run. */
  readonly learn: (code: ValidationCodeHash, sourceMap: string) => void;
}

/** Whether a change of this file, relative to the project, changes the chain. */
export const isSource = (file: string): boolean =>
  file === "chain.ts" ||
  (file.startsWith(`assembly${sep}`) &&
    file.endsWith(".ts") &&
    !file.startsWith(`assembly${sep}generated`));

/** The answer ends it. */
export function watchParas(paras: readonly WatchedPara[], ports: WatchPorts): () => void {
  const watchers = paras.map((para): FSWatcher => {
    let timer: NodeJS.Timeout | undefined;
    // One build at a time: a save during it is taken up behind it.
    let last: Promise<void> = Promise.resolve();
    return watch(para.directory, { recursive: true }, (_, file) => {
      if (file === null || !isSource(file)) return;
      clearTimeout(timer);
      timer = setTimeout(() => {
        last = last.then(() => renew(para, ports));
      }, SETTLED_AFTER_MS);
    });
  });
  return () => {
    for (const watcher of watchers) watcher.close();
  };
}

async function renew(para: WatchedPara, { rpcPort, say, learn }: WatchPorts): Promise<void> {
  const project = await loadProject(para.directory);
  if (!project.ok) return say(`${para.id} is not rebuilt: ${project.error.message}`);
  const built = await buildProject(project.value);
  if (!built.ok) return say(`${para.id} is not rebuilt: ${built.error.message}`);
  const { wasm, sourceMap } = built.value;
  const hash = validationCodeHash(wasm);
  if (hash === para.codeHash) return;
  learn(hash, sourceMap);
  const alice = pairFromUri("sr25519", "//Alice");
  if (!alice.ok) return;
  say(`${para.id} is rebuilt: ${wasm.length} bytes go to the relay chain`);
  try {
    const code = await submitCall(
      "Paras.force_set_current_code",
      [String(para.id), bytesToHex(wasm)],
      { from: alice.value, sudo: true, tip: 0n, wait: "included", rpcPort },
      () => undefined,
    );
    if (code !== 0)
      return say(`${para.id} keeps its old code: the relay chain refuses the new one`);
  } catch (error) {
    if (!(error instanceof RpcFailure)) throw error;
    return say(`${para.id} keeps its old code: ${error.message}`);
  }
  para.codeHash = hash;
  say(`${para.id} runs the new code from its next block on, with its state kept`);
}
