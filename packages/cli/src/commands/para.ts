/** `parahost para`: the parachains of a running network: brought there, given new code, listed, explained. */
import { bytesToHex, concatBytes, type Hex, hexToBytes, u32Bytes } from "@parahost/base";
import { pairFromUri, twox64 } from "@parahost/crypto";
import { buildProject, loadProject } from "@parahost/kit/compile";
import { storagePrefix } from "@parahost/kit/schema/chain";
import { asParaId, type ParaId } from "@parahost/primitives";
import { ParaLifecycle } from "@parahost/runtime/parachains/paras/lifecycle";
import { type Codec, decode, u32, vec } from "@parahost/scale";
import { FIRST_PARA_ID, type ParaPlan, planGuest } from "@parahost/sim/para-plan";
import type { Command } from "commander";
import { type NewestCandidate, whySentence } from "../para-why.ts";
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
const KEYS_AT_ONCE = 1000;
/** Blocks after which a candidate's data should have been there. */
const AVAILABILITY_BLOCKS = 2;

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
    const { code, machine } = await planOf(directory, asParaId(id));
    const validationCode = bytesToHex(code);
    const genesisHead = bytesToHex(machine().genesisHead);
    // Root's word takes the place of the validators' check of the code.
    await asRoot("Paras.add_trusted_validation_code", [validationCode], options);
    const genesis = JSON.stringify({ genesisHead, validationCode, parachain: true });
    await asRoot("ParasSudoWrapper.sudo_schedule_para_initialize", [String(id), genesis], options);
    out(`para ${id} is registered; parahost para why ${id} says how far it is`);
  });

  withCode(
    para
      .command("upgrade")
      .description("give a chain new code at once, by the sudo key of a local network")
      .argument("[directory]", "folder with chain.ts", "."),
  ).action(async (directory: string, options: CodeOptions) => {
    const id = options.id ?? FIRST_PARA_ID;
    const { code } = await planOf(directory, asParaId(id));
    await asRoot("Paras.force_set_current_code", [String(id), bytesToHex(code)], options);
    out(`para ${id} has the new code; its state is kept`);
  });

  withPort(para.command("list").description("all paras with their stage")).action(
    async ({ rpcPort }: RpcOptions) => {
      for (const [id, lifecycle] of await lifecycles(rpcPort))
        out(`${id}  ${lifecycle.padEnd(12)}  ${await why(rpcPort, id, lifecycle)}`);
    },
  );

  withPort(
    para
      .command("why")
      .description("what keeps a parachain, in one sentence")
      .argument("<id>", "the para", wholeNumber(1, 2 ** 32 - 1)),
  ).action(async (id: number, { rpcPort }: RpcOptions) => {
    out(await why(rpcPort, id, (await lifecycles(rpcPort)).get(id)));
  });
}

async function planOf(directory: string, id: ParaId): Promise<ParaPlan> {
  const project = await loadProject(directory);
  if (!project.ok) throw new RpcFailure(project.error.message);
  const built = await buildProject(project.value);
  if (!built.ok) throw new RpcFailure(built.error.message);
  const { schema, storage } = project.value;
  return planGuest(id, schema, built.value.wasm, { storage });
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
  return Math.max(FIRST_PARA_ID - 1, ...(await lifecycles(rpcPort)).keys()) + 1;
}

// The relay chain's state

const key = (pallet: string, item: string): Hex => bytesToHex(storagePrefix(pallet, item));

async function read<T>(rpcPort: number, at: Hex, codec: Codec<T>): Promise<T | undefined> {
  const stored = await callRpc<Hex | null>(rpcPort, "state_getStorage", [at]);
  return stored === null ? undefined : decode(codec, hexToBytes(stored));
}

/** Every para that the relay chain knows, in the order of ids. */
async function lifecycles(rpcPort: number): Promise<ReadonlyMap<number, string>> {
  const prefix = key("Paras", "paraLifecycles");
  const keys = await callRpc<Hex[]>(rpcPort, "state_getKeysPaged", [prefix, KEYS_AT_ONCE]);
  const found = await Promise.all(
    keys.map(async (at): Promise<readonly [number, string]> => {
      const lifecycle = await read(rpcPort, at, ParaLifecycle);
      return [decode(u32, hexToBytes(at).slice(-4)), lifecycle?.type ?? "unknown"];
    }),
  );
  return new Map(found.sort(([a], [b]) => a - b));
}

interface Core {
  readonly state: string;
  readonly para?: number;
  readonly group?: number;
  readonly occupiedSince?: number;
  readonly available?: readonly number[];
  readonly validators?: number;
  readonly next: readonly number[];
}

async function why(rpcPort: number, id: number, lifecycle: string | undefined): Promise<string> {
  const ask = <T>(method: string, ...params: readonly unknown[]) =>
    callRpc<T>(rpcPort, method, params);
  const [session = 0, verdict, cores, disputes, own, best] = await Promise.all([
    read(rpcPort, key("ParasShared", "currentSessionIndex"), u32),
    ask<{ isProgressing: boolean; newest: NewestCandidate | null }>("para_why", id),
    ask<readonly Core[]>("para_cores"),
    ask<readonly { candidate: string; para: number | null; concludedAt: number | null }[]>(
      "para_disputes",
    ),
    ask<readonly { paraId: number; problem?: string | null }[]>("para_list"),
    ask<{ number: Hex }>("chain_getHeader"),
  ]);
  const core = cores.find((candidate) => candidate.para === id || candidate.next.includes(id));
  const isOccupied = core?.state === "occupied" && core.para === id;
  const collator = own.find(({ paraId }) => paraId === id);
  return whySentence({
    para: id,
    lifecycle,
    session,
    actsAt: lifecycle === "onboarding" ? await actsAt(rpcPort, id, session) : undefined,
    ...verdict,
    openDisputes: disputes
      .filter((dispute) => dispute.para === id && dispute.concludedAt === null)
      .map(({ candidate }) => candidate),
    core: core && {
      isOccupied,
      group: core.group,
      available: core.available?.length ?? 0,
      validators: core.validators ?? 0,
      isLate: isOccupied && Number(best.number) - (core.occupiedSince ?? 0) > AVAILABILITY_BLOCKS,
    },
    collator: collator && { problem: collator.problem ?? null },
  });
}

/** The session in which the para's next step is taken. */
async function actsAt(rpcPort: number, id: number, session: number): Promise<number | undefined> {
  for (const candidate of [session, session + 1, session + 2]) {
    const index = u32Bytes(candidate);
    const hashed = concatBytes(storagePrefix("Paras", "actionsQueue"), twox64(index), index);
    const queue = await read(rpcPort, bytesToHex(hashed), vec(u32));
    if (queue?.includes(id)) return candidate;
  }
  return undefined;
}
