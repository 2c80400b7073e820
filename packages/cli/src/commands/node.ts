/** `parahost node`: one node of a network, as a process. Flags bear the names that users of Polkadot nodes know. */
import { type Hex, HostError, isHex } from "@parahost/base";
import type { CollatorTurn } from "@parahost/collator";
import type { Sr25519Pair } from "@parahost/crypto";
import { type PeerAddress, parsePeerAddress } from "@parahost/network/libp2p/address-book";
import { asParaId } from "@parahost/primitives";
import type { ParaPlan } from "@parahost/sim/para-plan";
import { type Command, InvalidArgumentError, Option } from "commander";
import { chooseChain } from "../node/chain-choice.ts";
import { defaultBasePath, readNodeKey } from "../node/directories.ts";
import {
  type NodeOptions,
  printEvents,
  type RunningNode,
  STOP_WITHIN_MS,
  startNode,
} from "../node/run-node.ts";
import { consoleLogger, LogFilterError, LogSettings } from "../ports/console-logger.ts";
import { planProjects } from "../project/plan-project.ts";
import { addRpcOptions, type RpcFlags, rpcSettings } from "../rpc-options.ts";
import { BadSecret, secretOfKeys, secretUri, wholeNumber } from "../usage.ts";

const WELL_KNOWN = ["alice", "bob", "charlie", "dave", "eve", "ferdie"] as const;
type WellKnown = (typeof WELL_KNOWN)[number];

/** Executions at one time, of the approval checks and the backing together. */
const EXECUTE_WORKERS = 2;
const NAME_LENGTH_MAX = 64;

interface NodeFlags extends RpcFlags, Partial<Readonly<Record<WellKnown, true>>> {
  readonly chain: string;
  readonly basePath?: string;
  readonly tmp?: true;
  readonly name?: string;
  readonly validator?: true;
  readonly keysOf?: string;
  readonly collator?: true;
  readonly para?: number;
  readonly project?: string;
  readonly turn?: CollatorTurn;
  readonly paraBootnodes: readonly PeerAddress[];
  readonly fisherman?: Sr25519Pair;
  readonly nodeKey?: Hex;
  readonly nodeKeyFile?: string;
  readonly port: number;
  readonly listenAddr: readonly string[];
  readonly publicAddr: readonly string[];
  readonly bootnodes: readonly PeerAddress[];
  readonly reservedNodes: readonly PeerAddress[];
  readonly reservedOnly?: true;
  readonly authorityTable?: string;
  readonly sync: "full" | "warp";
  readonly rpcPort: number;
  readonly rpcExternal?: true;
  readonly prometheusPort: number;
  readonly prometheusExternal?: true;
  readonly prometheus: boolean;
  readonly executeWorkersMaxNum: number;
  readonly untilFinalized?: number;
  readonly json?: true;
  readonly log: string;
}

export function addNodeCommand(program: Command): void {
  const command = program
    .command("node")
    .description("run one node of a network, as a process of its own")
    .option("--chain <name or file>", "dev, local, or a chain specification", "local")
    .option("-d, --base-path <directory>", "where blocks, states and keys are kept")
    .addOption(new Option("--tmp", "keep everything in memory").conflicts("basePath"))
    .option("--name <name>", "the node's name, for people")
    .option("--validator", "author, back and vote with the keys of the keystore");
  for (const name of WELL_KNOWN)
    command.addOption(
      new Option(`--${name}`, `a validator with the well-known keys of ${name}`).conflicts([
        ...WELL_KNOWN.filter((other) => other !== name),
        "keysOf",
        "collator",
      ]),
    );
  command
    .addOption(
      new Option(
        "--keys-of <uri>",
        "a validator with the keys of a secret URI, such as //Validator//6",
      )
        .argParser(secretOfKeys)
        .conflicts("collator"),
    )
    .addOption(
      new Option("--collator", "collate for a parachain of this chain").conflicts("validator"),
    )
    .option("--para <id>", "the parachain of a collator", wholeNumber(1, 0xffff_ffff))
    .option("--project <directory>", "the collator's chain: a folder with chain.ts")
    .option("--turn <i/n>", "which of how many collators of the parachain this one is", turn)
    .option(
      "--para-bootnodes <multiaddress...>",
      "other collators of the parachain",
      peerAddresses,
      [],
    )
    .addOption(
      new Option(
        "--fisherman <account>",
        "check every candidate and stake on bad ones, from a secret URI such as //Ferdie",
      )
        .argParser(secretUri)
        .conflicts("validator"),
    )
    .addOption(
      new Option("--node-key <hex>", "secret of the node's identity: 32 bytes in hex")
        .argParser(nodeKey)
        .conflicts("nodeKeyFile"),
    )
    .option("--node-key-file <file>", "file with the secret of the node's identity")
    .option(
      "--port <port>",
      "TCP port for peers; the next free one upwards",
      wholeNumber(0, 65_535),
      30_333,
    )
    .option("--listen-addr <multiaddress...>", "listen here instead of on --port", [])
    .option("--public-addr <multiaddress...>", "told to others instead", [])
    .option("--bootnodes <multiaddress...>", "first peers", peerAddresses, [])
    .option("--reserved-nodes <multiaddress...>", "peers to keep connections to", peerAddresses, [])
    .option("--reserved-only", "talk to reserved nodes only")
    .option("--authority-table <file>", "JSON list of authorities and their addresses")
    .addOption(
      new Option(
        "--sync <mode>",
        "how a new node begins: full executes every block; warp checks proofs of finality, fetches the last state, and the history later",
      )
        .choices(["full", "warp"])
        .default("full"),
    )
    .option(
      "--rpc-port <port>",
      "JSON-RPC by HTTP and WebSocket; the next free one upwards",
      wholeNumber(0, 65_535),
      9944,
    )
    .option("--rpc-external", "answer other machines too")
    .option(
      "--prometheus-port <port>",
      "metrics and health; the next free one upwards",
      wholeNumber(0, 65_535),
      9615,
    )
    .option("--prometheus-external", "show metrics to other machines too")
    .option("--no-prometheus", "no metrics")
    .option(
      "--execute-workers-max-num <n>",
      "processes that run validation code at one time",
      wholeNumber(1, 64),
      EXECUTE_WORKERS,
    )
    .option(
      "--until-finalized <n>",
      "end with 0 once relay block <n> is final",
      wholeNumber(1, 2 ** 31),
    )
    .option("--json", "the node's events on standard output, one JSON object per line")
    .option("-l, --log <filter>", "log lines on standard error, such as info or sync=debug", "info")
    .action(async (flags: NodeFlags, self: Command) => {
      process.exitCode = await runNode(flags, self);
    });
  addRpcOptions(command);
}

async function runNode(flags: NodeFlags, command: Command): Promise<number> {
  const settings = settingsOf(flags, command);
  const plan = await planOf(flags, command);
  const options = { ...optionsOf(flags, command), plan };
  const prefix = flags.json === true ? `[${options.name}] ` : "";
  const logger = consoleLogger(
    settings,
    (line) => void process.stderr.write(prefix + line),
    Date.now,
  );
  const stopAsked = new Promise<number>((resolve) => {
    for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => resolve(0));
  });
  let running: RunningNode;
  try {
    const started = await Promise.race([startNode(options, settings, logger), stopAsked]);
    // A warp sync may take long; what it has not written is fetched anew.
    if (typeof started === "number") process.exit(started);
    running = started;
  } catch (error) {
    if (!(error instanceof HostError)) throw error;
    process.stderr.write(`error: ${error.message}\n`);
    return 1;
  }
  const { node, addresses, rpcPort, paraRpcPort, statusPort } = running;
  if (flags.json === true) {
    const write = (line: string): void => void process.stdout.write(`${line}\n`);
    const started = { event: "node.started", time: Date.now(), node: node.name };
    write(JSON.stringify({ ...started, addresses, rpcPort, paraRpcPort, statusPort }));
    printEvents(node, write);
  }
  const finalized = new Promise<number>((resolve) => {
    const wanted = flags.untilFinalized;
    if (wanted === undefined) return;
    node.events.subscribe((event) => {
      if (event.event === "relay.finalized" && event.number >= wanted) resolve(0);
    });
  });
  const failed = node.ended.then(({ reason }) => {
    if (reason.type !== "failed") return 0;
    process.stderr.write(
      `error: ${node.name} failed in ${reason.subsystem}: ${String(reason.failure)}\n`,
    );
    return 1;
  });
  const code = await Promise.race([stopAsked, finalized, failed]);
  process.exitCode = code;
  const limit = setTimeout(() => process.exit(code), STOP_WITHIN_MS - 200);
  // A second signal does not wait for anything.
  for (const signal of ["SIGINT", "SIGTERM"] as const)
    process.once(signal, () => process.exit(code));
  await running.stop();
  clearTimeout(limit);
  return code;
}

/** The chain that an author's collator runs. */
async function planOf(
  { project, para, collator }: NodeFlags,
  command: Command,
): Promise<ParaPlan | undefined> {
  if (project === undefined) return undefined;
  if (collator !== true || para === undefined)
    command.error("error: --project is the chain of a collator: add --collator --para <id>");
  const planned = await planProjects([project], para);
  return planned.ok ? planned.value[0] : command.error(`error: ${planned.error.message}`);
}

function turn(text: string): CollatorTurn {
  const [index = 0, count = 0] = text.split("/").map(Number);
  if (Number.isInteger(index) && Number.isInteger(count) && index >= 1 && index <= count)
    return { index: index - 1, count };
  throw new InvalidArgumentError("It must be like 1/2: the first of two.");
}

function settingsOf(flags: NodeFlags, command: Command): LogSettings {
  try {
    return new LogSettings(flags.log);
  } catch (error) {
    if (!(error instanceof LogFilterError)) throw error;
    return command.error(`error: ${error.message}`);
  }
}

function optionsOf(flags: NodeFlags, command: Command): NodeOptions {
  if (flags.collator === true && flags.para === undefined)
    command.error("error: --collator needs the parachain's number: add --para <id>");
  if (flags.para !== undefined && flags.collator !== true)
    command.error("error: --para is the parachain of a collator: add --collator");
  if (flags.reservedOnly === true && flags.reservedNodes.length === 0)
    command.error("error: --reserved-only without --reserved-nodes lets nobody in: name some");
  if (flags.sync === "warp" && flags.collator === true)
    command.error(
      "error: --sync warp leaves out blocks that --collator needs: its parachain begins with the first one",
    );
  const known = WELL_KNOWN.find((name) => flags[name] === true);
  const wellKnown =
    known === undefined ? flags.keysOf : `//${known[0]?.toUpperCase()}${known.slice(1)}`;
  const name = flags.name ?? known ?? (flags.collator ? `collator-${flags.para}` : "node");
  if (name.length > NAME_LENGTH_MAX || !/^[\p{L}\p{N}_.-]+$/u.test(name))
    command.error("error: --name may have letters, digits, dots, dashes and underscores");
  try {
    const chain = chooseChain(flags.chain);
    const bootnodes = [...peerAddressesOf(chain.bootNodes, command), ...flags.bootnodes];
    const isAuthority = flags.validator === true || wellKnown !== undefined;
    return {
      chain,
      basePath: flags.tmp === true ? undefined : (flags.basePath ?? defaultBasePath()),
      name,
      role: isAuthority ? "authority" : "full",
      wellKnown,
      collatorOf: flags.para === undefined ? undefined : asParaId(flags.para),
      turn: flags.turn,
      siblings: flags.paraBootnodes,
      fisherman: flags.fisherman,
      nodeKey:
        flags.nodeKeyFile === undefined
          ? flags.nodeKey
          : (`0x${Buffer.from(readNodeKey(flags.nodeKeyFile)).toString("hex")}` as const),
      port: flags.port,
      listenAddresses: flags.listenAddr,
      publicAddresses: flags.publicAddr,
      bootnodes,
      reservedNodes: flags.reservedNodes,
      reservedOnly: flags.reservedOnly === true,
      authorityTable: flags.authorityTable,
      sync: flags.sync,
      rpcPort: flags.rpcPort,
      rpcExternal: flags.rpcExternal === true,
      rpc: rpcSettings(flags, flags.rpcExternal === true),
      prometheusPort: flags.prometheus ? flags.prometheusPort : undefined,
      prometheusExternal: flags.prometheusExternal === true,
      json: flags.json === true,
      workers: isAuthority || flags.fisherman !== undefined ? flags.executeWorkersMaxNum : 0,
    };
  } catch (error) {
    if (error instanceof HostError) return command.error(`error: ${error.message}`);
    throw error;
  }
}

function nodeKey(text: string): Hex {
  const hex = `0x${text.replace(/^0x/, "")}`;
  if (!isHex(hex, 32)) throw new BadSecret("--node-key must be 64 hex digits");
  return hex;
}

function peerAddresses(text: string, before: readonly PeerAddress[]): readonly PeerAddress[] {
  const address = parsePeerAddress(text);
  if (!address.ok) throw new InvalidArgumentError(address.error.message);
  return [...before, address.value];
}

/** A bad address in a specification is no reason not to start. */
function peerAddressesOf(texts: readonly string[], command: Command): PeerAddress[] {
  return texts.flatMap((text) => {
    const address = parsePeerAddress(text);
    if (address.ok) return [address.value];
    command.configureOutput().writeErr?.(`warning: boot node: ${address.error.message}\n`);
    return [];
  });
}
