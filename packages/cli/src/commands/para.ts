/** `parahost para`: the parachains of a running network: brought there, given new code, listed, explained. */
import { bytesToHex } from "@parahost/base";
import { pairFromUri } from "@parahost/crypto";
import { buildProject, loadProject } from "@parahost/kit/compile";
import { asParaId, type ParaId, validationCodeHash } from "@parahost/primitives";
import { FIRST_PARA_ID, guestGenesis, planOf } from "@parahost/sim/para-plan";
import type { Command } from "commander";
import { genesisHex } from "../dev/later-paras.ts";
import { type Ask, lifecycles, whyFacts } from "../para-facts.ts";
import { whySentence } from "../para-why.ts";
import { callRpc, RpcFailure } from "../rpc-client.ts";
import { wholeNumber } from "../usage.ts";
import { submitCall } from "./tx-call.ts";

interface RpcOptions {
  readonly rpcPort: number;
}
interface CodeOptions extends RpcOptions {
  readonly id?: number;
  readonly from: string;
}

const out = (line: string): void => void process.stdout.write(`${line}\n`);
const asking =
  (rpcPort: number): Ask =>
  (method, params) =>
    callRpc(rpcPort, method, params);

export function addParaCommands(program: Command): void {
  const para = program.command("para").description("the parachains of a running network");
  const withPort = (command: Command): Command =>
    command.option("--rpc-port <port>", "of the running network", wholeNumber(1, 65_535), 9944);
  const withCode = (command: Command): Command =>
    withPort(command)
      .option("--id <para>", "the para; the first free one, or 1000", wholeNumber(1, 2 ** 32 - 1))
      .option("--from <account>", "who holds the sudo key: a secret URI", "//Alice");

  withCode(
    para
      .command("register")
      .description("bring a chain to the relay chain, by the sudo key of a local network")
      .argument("[directory]", "folder with chain.ts", "."),
  ).action(async (directory: string, options: CodeOptions) => {
    const id = options.id ?? (await firstFree(options.rpcPort));
    const { genesis: begins, sourceMap } = await chainIn(directory, asParaId(id));
    const validationCode = bytesToHex(begins.code);
    const genesisHead = bytesToHex(planOf(begins).machine().genesisHead);
    // Root's word takes the place of the validators' check of the code.
    await asRoot("Paras.add_trusted_validation_code", [validationCode], options);
    const genesis = JSON.stringify({ genesisHead, validationCode, paraKind: true });
    await asRoot("ParasSudoWrapper.sudo_schedule_para_initialize", [String(id), genesis], options);
    out(`para ${id} is registered; parahost para why ${id} says how far it is`);
    out(await collating(options.rpcPort, id, directory, [genesisHex(begins), sourceMap]));
  });

  withCode(
    para
      .command("upgrade")
      .description("give a chain new code at once, by the sudo key of a local network")
      .argument("[directory]", "folder with chain.ts", "."),
  ).action(async (directory: string, options: CodeOptions) => {
    const id = options.id ?? FIRST_PARA_ID;
    const { genesis: begins, sourceMap } = await chainIn(directory, asParaId(id));
    const { code } = begins;
    await learnSourceMap(options.rpcPort, [validationCodeHash(code), sourceMap]);
    await asRoot("Paras.force_set_current_code", [String(id), bytesToHex(code)], options);
    out(`para ${id} has the new code; its state is kept`);
  });

  withPort(para.command("list").description("all paras with their stage")).action(
    async ({ rpcPort }: RpcOptions) => {
      const ask = asking(rpcPort);
      for (const [id, lifecycle] of await lifecycles(ask))
        out(`${id}  ${lifecycle.padEnd(12)}  ${whySentence(await whyFacts(ask, id))}`);
    },
  );

  withPort(
    para
      .command("why")
      .description("what keeps a parachain, in one sentence")
      .argument("<id>", "the para", wholeNumber(1, 2 ** 32 - 1)),
  ).action(async (id: number, { rpcPort }: RpcOptions) => {
    out(whySentence(await whyFacts(asking(rpcPort), id)));
  });
}

/** The chain in a folder as it would begin, and the source map of its code. */
async function chainIn(directory: string, id: ParaId) {
  const project = await loadProject(directory);
  if (!project.ok) throw new RpcFailure(project.error.message);
  const built = await buildProject(project.value);
  if (!built.ok) throw new RpcFailure(built.error.message);
  const { schema, storage } = project.value;
  const { wasm, sourceMap } = built.value;
  return { genesis: guestGenesis(id, schema, wasm, storage), sourceMap };
}

/** Has a network in one process collate the para; says what to do where it does not. */
async function collating(
  rpcPort: number,
  id: number,
  directory: string,
  told: readonly string[],
): Promise<string> {
  try {
    const { rpcPort: port } = await callRpc<{ rpcPort: number | null }>(
      rpcPort,
      "dev_collate",
      told,
    );
    return `the network collates it; clients go to ws://127.0.0.1:${port}`;
  } catch (error) {
    if (!(error instanceof RpcFailure)) throw error;
    return `start a collator: parahost node --collator --para ${id} --project ${directory} --chain <specification of your network> --bootnodes <address of a node>`;
  }
}

/** So that a network in one process tells faults of the code by file and line; others know no files. */
async function learnSourceMap(rpcPort: number, told: readonly string[]): Promise<void> {
  try {
    await callRpc(rpcPort, "dev_learnSourceMap", told);
  } catch (error) {
    if (!(error instanceof RpcFailure)) throw error;
  }
}

async function asRoot(
  call: string,
  args: readonly string[],
  { from, rpcPort }: CodeOptions,
): Promise<void> {
  const pair = pairFromUri("sr25519", from);
  if (!pair.ok) throw new RpcFailure(`"${from}" is no secret URI such as //Alice`);
  const said: string[] = [];
  const options = { from: pair.value, sudo: true, tip: 0n, wait: "included", rpcPort } as const;
  const code = await submitCall(call, args, options, (line) => void said.push(line));
  if (code !== 0) throw new RpcFailure(`${call}: ${said.at(-1)}`);
}

async function firstFree(rpcPort: number): Promise<number> {
  return Math.max(FIRST_PARA_ID - 1, ...(await lifecycles(asking(rpcPort))).keys()) + 1;
}
