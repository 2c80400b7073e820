/** `parahost export-chain-spec` and `parahost purge-chain`: what makes a chain, and what a node has kept of it. */
import { existsSync, rmSync } from "node:fs";
import { createInterface } from "node:readline/promises";
import { HostError } from "@parahost/base";
import { parsePeerAddress } from "@parahost/network/libp2p/address-book";
import { buildGenesis, plainChainSpec, rawChainSpec } from "@parahost/runtime";
import { lockDirectory } from "@parahost/storage";
import { type Command, InvalidArgumentError } from "commander";
import { chooseChain, localConfig } from "../node/chain-choice.ts";
import { defaultBasePath, directoriesOf } from "../node/directories.ts";
import { slotDuration, wholeNumber } from "../usage.ts";

interface ExportFlags {
  readonly chain: string;
  readonly raw?: true;
  readonly bootnodes: readonly string[];
  readonly validators?: number;
  readonly paras?: number;
  readonly slotMs?: number;
  readonly epochSlots?: number;
  readonly groupSize?: number;
}

export function addChainFileCommands(program: Command): void {
  program
    .command("export-chain-spec")
    .description("print a chain specification, for other nodes to be started with")
    .option("--chain <name or file>", "dev, local, or a chain specification", "local")
    .option("--raw", "every entry of the state at genesis, as any node of the protocol reads it")
    .option("--bootnodes <multiaddress...>", "first peers to be named in it", addresses, [])
    .option("--validators <n>", "of well-known keys, for local", wholeNumber(2, 100))
    .option("--paras <n>", "parachains, for local", wholeNumber(0, 50))
    .option("--slot-ms <ms>", "slot duration, for local", slotDuration)
    .option("--epoch-slots <n>", "slots of an epoch, for local", wholeNumber(4, 100_000))
    .option(
      "--group-size <n>",
      "validators of a backing group at most, for local",
      wholeNumber(1, 100),
    )
    .action((flags: ExportFlags, command: Command) => {
      process.stdout.write(specOf(flags, command));
    });

  program
    .command("purge-chain")
    .description("remove what a node has kept of a chain; keys and the node's identity stay")
    .option("--chain <name or file>", "dev, local, or a chain specification", "local")
    .option("-d, --base-path <directory>", "the node's", defaultBasePath())
    .option("-y, --yes", "do not ask")
    .action((flags: { readonly chain: string; readonly basePath: string; readonly yes?: true }) =>
      purge(flags),
    );
}

function specOf(flags: ExportFlags, command: Command): string {
  const { validators, paras, slotMs, epochSlots, groupSize } = flags;
  const shape = [validators, paras, slotMs, epochSlots, groupSize];
  const isShaped = shape.some((value) => value !== undefined);
  if (isShaped && flags.chain !== "local")
    command.error(
      "error: --validators, --paras, --slot-ms, --epoch-slots and --group-size shape --chain local",
    );
  const chosen = chooseChain(flags.chain);
  const config = isShaped
    ? localConfig({
        validators: validators ?? 4,
        paras: paras ?? 2,
        slotMs: slotMs ?? 6000,
        epochSlots: epochSlots ?? 100,
        ...(groupSize === undefined ? {} : { groupSize }),
      })
    : chosen.config;
  const { name, id, chainType, protocolId } = chosen;
  const info = {
    ...{ name, id, chainType },
    bootNodes: [...chosen.bootNodes, ...flags.bootnodes],
    ...(protocolId === undefined ? {} : { protocolId }),
  };
  const genesis = isShaped && config !== undefined ? buildGenesis(config) : chosen.genesis;
  // A specification from a file is known by its state alone.
  return flags.raw === true || config === undefined
    ? rawChainSpec(info, genesis)
    : plainChainSpec(info, config);
}

function addresses(text: string, before: readonly string[]): readonly string[] {
  const address = parsePeerAddress(text);
  if (!address.ok) throw new InvalidArgumentError(address.error.message);
  return [...before, text];
}

async function purge({
  chain,
  basePath,
  yes,
}: {
  readonly chain: string;
  readonly basePath: string;
  readonly yes?: true;
}): Promise<void> {
  const { database } = directoriesOf(basePath, chooseChain(chain).id);
  const say = (line: string): void => void process.stdout.write(`${line}\n`);
  if (!existsSync(database)) {
    say(`"${database}" did not exist.`);
    return;
  }
  if (yes !== true) {
    const asking = createInterface({ input: process.stdin, output: process.stdout });
    const answer = await asking.question(
      `Are you sure to remove "${database}"? A validator then signs nothing for a session. [y/N]: `,
    );
    asking.close();
    if (!/^y(es)?$/i.test(answer.trim())) {
      say("Aborted");
      return;
    }
  }
  // Nobody may use it meanwhile; the lock goes with the directory.
  lockDirectory(database);
  try {
    rmSync(database, { recursive: true });
  } catch (cause) {
    throw new HostError("notRemoved", { message: `${database}: ${String(cause)}`, cause });
  }
  say(`"${database}" removed.`);
}
