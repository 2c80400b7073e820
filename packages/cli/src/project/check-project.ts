/** Everything about a chain's code that can be found out before validators meet it. */
import { bytesToHex } from "@parahost/base";
import { GuestStateMachine } from "@parahost/collator";
import {
  checkPvf,
  compressBlob,
  DEFAULT_ENGINE_PARAMETERS,
  explainRefusal,
  hostFunction,
} from "@parahost/executor";
import type { Project } from "@parahost/kit/compile";
import { genesisEntries } from "@parahost/kit/schema";
import { asParaId, CODE_SIZE_MAX_BYTES, type Hash } from "@parahost/primitives";
import { EMPTY_ROOT } from "@parahost/trie";

export interface Finding {
  readonly what: "imports" | "code" | "floats" | "size" | "double run";
  readonly isFine: boolean;
  readonly found: string;
}

/** Blocks that are built twice. */
const BLOCKS = 3;
const LIMITS = { maxBlockDataBytes: 1 << 20, maxTransactions: 0 };

/** What a validator would say of the code, and whether it does the same twice. */
export function checkProject(project: Project, wasm: Uint8Array): readonly Finding[] {
  const checked = checkPvf(wasm, DEFAULT_ENGINE_PARAMETERS);
  if (!checked.ok) {
    const found = explainRefusal({ code: "wasm", refusal: checked.error });
    return [{ what: "code", isFine: false, found: `${checked.error.code}: ${found}` }];
  }
  const { module, bodies } = checked.value;
  const functions = module.imports.filter(({ kind }) => kind === "function");
  const unknown = functions.filter(({ name }) => hostFunction(name) === undefined);
  const floats = bodies.filter(({ makesNan32, makesNan64 }) => makesNan32 || makesNan64).length;
  const compressed = compressBlob(wasm).length;
  return [
    {
      what: "imports",
      isFine: unknown.length === 0,
      found:
        unknown.length === 0
          ? `${functions.length} host functions, which every validator offers`
          : `no validator offers ${unknown.map(({ name }) => name).join(", ")}`,
    },
    {
      what: "code",
      isFine: true,
      found: `${bodies.length} functions, all within what validators allow`,
    },
    {
      what: "floats",
      isFine: true,
      found:
        floats === 0
          ? "none"
          : `in ${floats} functions: the same everywhere, but slower than whole numbers`,
    },
    {
      what: "size",
      isFine: compressed <= CODE_SIZE_MAX_BYTES,
      found: `${wasm.length} bytes, ${compressed} compressed; ${CODE_SIZE_MAX_BYTES} may go on chain`,
    },
    doubleRun(project, wasm),
  ];
}

function doubleRun({ schema, storage = {} }: Project, wasm: Uint8Array): Finding {
  const what = "double run";
  const run = (): readonly string[] | string => {
    const genesis = genesisEntries(schema, { paraId: asParaId(2000), balances: [], storage });
    const machine = GuestStateMachine.create({ name: schema.name, wasm, genesis });
    if (!machine.ok) return explainRefusal({ code: "wasm", refusal: machine.error });
    const relayParent = {
      number: 1,
      storageRoot: EMPTY_ROOT as Hash,
      node: () => undefined,
    };
    let head = machine.value.genesisHead;
    const heads: string[] = [];
    for (let block = 0; block < BLOCKS; block++) {
      const built = machine.value.buildBlock(head, [], LIMITS, relayParent);
      if (!built.ok)
        return `block ${block + 1}: ${"message" in built.error ? built.error.message : built.error.code}`;
      const imported = machine.value.importBlock(head, built.value.blockData);
      if (!imported.ok)
        return `block ${block + 1}: ${"message" in imported.error ? imported.error.message : imported.error.code}`;
      head = built.value.head;
      heads.push(bytesToHex(head));
    }
    return heads;
  };
  const [first, second] = [run(), run()];
  if (typeof first === "string") return { what, isFine: false, found: first };
  const isFine = first.join() === String(second);
  return {
    what,
    isFine,
    found: isFine ? `${BLOCKS} blocks, the same twice` : "two runs of one block differ",
  };
}
