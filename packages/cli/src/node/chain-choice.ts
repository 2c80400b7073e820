/** What `--chain` names: a network that everybody knows, or a chain specification file. */
import { readFileSync, statSync } from "node:fs";
import { HostError } from "@parahost/base";
import {
  buildGenesis,
  type ChainInfo,
  type ChainSpecError,
  type Genesis,
  type GenesisConfig,
  localGenesis,
  parseChainSpec,
} from "@parahost/runtime";
import { type ParaPlan, planParas } from "@parahost/sim/para-plan";
import { withLightCode } from "./light-code.ts";

/** A raw genesis with a few large parachains is some megabytes. */
const FILE_BYTES_MAX = 256 << 20;
const NAME_SHOWN_MAX = 300;

export interface ChosenChain extends ChainInfo {
  readonly genesis: Genesis;
  /** What genesis was built from, where that is known. */
  readonly config: GenesisConfig | undefined;
}

/** Networks of well-known keys, by name. */
export const KNOWN_CHAINS = ["dev", "local"] as const;
type KnownChain = (typeof KNOWN_CHAINS)[number];

const KNOWN: Readonly<Record<KnownChain, ChainInfo & { validators: number; paras: number }>> = {
  dev: {
    name: "Development",
    id: "dev",
    chainType: "Development",
    bootNodes: [],
    validators: 2,
    paras: 0,
  },
  local: {
    name: "Local Testnet",
    id: "local_testnet",
    chainType: "Local",
    bootNodes: [],
    validators: 4,
    paras: 2,
  },
};

export interface LocalShape {
  readonly slotMs: number;
  readonly epochSlots: number;
  readonly validators: number;
  readonly paras: number;
  readonly groupSize?: number;
  /** Beside those that come with the network. */
  readonly own?: readonly ParaPlan[];
}

/** The genesis of a network of well-known keys. */
export function localConfig({ paras, own = [], ...shape }: LocalShape): GenesisConfig {
  const { validators, slotMs, epochSlots, groupSize } = shape;
  const config = localGenesis({
    validators,
    slotMs,
    epochSlots,
    ...(groupSize === undefined ? {} : { groupSize }),
    paras: [...planParas(paras), ...own].map(({ id, code, machine }) => ({
      id,
      code,
      head: machine().genesisHead,
      kind: "parachain",
    })),
  });
  return withLightCode(config);
}

/** Throws `HostError` `badChainSpec` with the file and the field. */
export function chooseChain(chain: string): ChosenChain {
  const known = KNOWN_CHAINS.find((name) => name === chain);
  if (known !== undefined) {
    const { validators, paras, ...info } = KNOWN[known];
    const config = localConfig({ slotMs: 6000, epochSlots: 100, validators, paras });
    return { ...info, genesis: buildGenesis(config), config };
  }
  const bad = (why: string): HostError =>
    new HostError("badChainSpec", {
      message: `${shown(chain)}: ${why}. Give ${KNOWN_CHAINS.join(", ")} or the path of a chain specification`,
    });
  let text: string;
  try {
    if (statSync(chain).size > FILE_BYTES_MAX) throw bad("it is too large for a specification");
    text = readFileSync(chain, "utf8");
  } catch (error) {
    if (error instanceof HostError) throw error;
    const { code } = error as NodeJS.ErrnoException;
    throw bad(code === "ENOENT" ? "there is no such file" : `it cannot be read (${code})`);
  }
  const spec = parseChainSpec(text);
  if (!spec.ok) throw bad(problemOf(spec.error));
  return { ...spec.value, config: undefined };
}

/** A name as it was given, as long as a terminal shows it as it is. */
function shown(name: string): string {
  const isPlain = name.length <= NAME_SHOWN_MAX && /^[\p{L}\p{N}\p{P}\p{S} ]+$/u.test(name);
  return isPlain ? name : JSON.stringify(name.slice(0, NAME_SHOWN_MAX));
}

function problemOf(error: ChainSpecError): string {
  switch (error.code) {
    case "notJson":
      return `it is no JSON (${error.message})`;
    case "badField":
      return `the field ${error.path} must be ${error.wanted}`;
    case "badEncoding":
      return `the field ${error.path} cannot be decoded: ${error.failure.message}`;
    case "badGenesis":
      return `no genesis can be built from it: ${JSON.stringify(error.error)}`;
    case "unsupportedGenesis":
      return "its genesis must be raw without child tries, or one of ours";
  }
}
