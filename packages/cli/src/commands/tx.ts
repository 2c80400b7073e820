/** `parahost tx`: signs a transaction and submits it to a running network. */

import { bytesToHex, hexToBytes, isHex } from "@parahost/base";
import { pairFromUri, type SignatureScheme } from "@parahost/crypto";
import { LedgerHead, signTransfer } from "@parahost/kit";
import { type AccountId, asAccountId } from "@parahost/primitives";
import { developmentAccount } from "@parahost/runtime";
import { tryDecode } from "@parahost/scale";
import { type Command, Option } from "commander";
import { ValueError } from "../chain/types.ts";
import { callRpc, RpcFailure } from "../rpc-client.ts";
import { amount, wholeNumber } from "../usage.ts";
import { submitCall, type TxCallOptions } from "./tx-call.ts";

interface TransferOptions {
  readonly from: string;
  readonly to: string;
  readonly amount: bigint;
  readonly para: number;
  readonly rpcPort: number;
  readonly wait: boolean;
}

/** How long a transfer may take to be included before the command gives up waiting. */
const WAIT_MS = 60_000;
const LOOK_EVERY_MS = 250;

export function addTxCommand(program: Command): void {
  const tx = program
    .command("tx")
    // Flags behind a command of its own are that command's.
    .enablePositionalOptions()
    .description(
      "submit a transaction to a running network: any call of the relay chain, by its name",
    )
    .argument(
      "[call]",
      "Pallet.call, such as Balances.transfer_keep_alive; a pallet alone lists its calls",
    )
    .argument("[args...]", "in their order: numbers, 0x hex, accounts such as //Bob, or JSON")
    .option("--from <account>", "who signs: a secret URI such as //Alice")
    .addOption(
      new Option("--scheme <scheme>", "of the signature")
        .choices(["sr25519", "ed25519", "ecdsa"])
        .default("sr25519"),
    )
    .option("--sudo", "as root, by the sudo key of a local network")
    .option("--nonce <n>", "the next one without it", wholeNumber(0, 2 ** 32 - 1))
    .addOption(new Option("--tip <tokens>", "to be preferred").argParser(amount).default(0n, "0"))
    .addOption(
      new Option("--wait <until>", "how long to follow it")
        .choices(["included", "finalized", "no"])
        .default("finalized"),
    )
    .option("--dry-run", "only say what it would do and cost")
    .option("--json", "one JSON object per line")
    .option("--rpc-port <port>", "of the running network", wholeNumber(1, 65_535), 9944)
    .action((call: string | undefined, args: string[], options: TxFlags, command: Command) =>
      sayingWrong(command, async () => {
        const { from, scheme, ...rest } = options;
        const pair = from === undefined ? undefined : pairFromUri(scheme, from);
        if (pair?.ok === false) throw new ValueError(`"${from}" is no secret URI such as //Alice`);
        const signer = pair === undefined ? {} : { from: pair.value };
        process.exitCode = await submitCall(
          call,
          args,
          { ...rest, ...signer },
          (line) => void process.stdout.write(`${line}\n`),
        );
      }),
    );
  tx.command("transfer")
    .description("move tokens on a ledger parachain and wait until the block is included")
    .requiredOption("--from <account>", "who pays: a secret URI such as //Alice")
    .requiredOption(
      "--to <account>",
      "who receives: a secret URI such as //Bob, or a public key as 0x hex",
    )
    .requiredOption("--amount <tokens>", "how much", amount)
    .option("--para <id>", "the ledger", wholeNumber(1, 2 ** 32 - 1), 1000)
    .option("--rpc-port <port>", "of the running network", wholeNumber(1, 65_535), 9944)
    .option("--no-wait", "do not wait for inclusion")
    .action(async (options: TransferOptions, command: Command) => {
      process.exitCode = await transfer(options, command);
    });
}

type TxFlags = Omit<TxCallOptions, "from"> & {
  readonly from?: string;
  readonly scheme: SignatureScheme;
};

/** A value that does not fit is wrong usage. */
export async function sayingWrong(command: Command, action: () => Promise<void>): Promise<void> {
  try {
    await action();
  } catch (error) {
    if (error instanceof ValueError) command.error(`error: ${error.message}`);
    throw error;
  }
}

interface Account {
  readonly nonce: number;
  readonly balance: string;
}

/** A public key as it is, or that of a secret URI. */
export function accountOf(text: string, command: Command): AccountId {
  if (isHex(text, 32)) return asAccountId(text.toLowerCase());
  if (!text.startsWith("//"))
    command.error(
      `error: "${text}" is neither a public key as 0x hex nor a secret URI such as //Alice`,
    );
  return developmentAccount(text);
}

/** What the network says of a transaction; `packages/rpc` has the whole of it. */
interface Status {
  readonly type: string;
  readonly number?: number;
  readonly reason?: unknown;
}

async function transfer(options: TransferOptions, command: Command): Promise<number> {
  const { para, rpcPort } = options;
  const pair = pairFromUri("sr25519", options.from);
  if (!pair.ok || pair.value.scheme !== "sr25519")
    return command.error(`error: "${options.from}" is no secret URI such as //Alice`);
  const from = asAccountId(pair.value.publicKey);
  const to = accountOf(options.to, command);
  const account = (id: AccountId, at: string) =>
    callRpc<Account>(rpcPort, "para_account", [para, id, at]);
  const { headData } = await callRpc<{ readonly headData: string }>(rpcPort, "para_head", [para]);
  const head = tryDecode(LedgerHead, hexToBytes(headData));
  if (!head.ok) throw new RpcFailure(`parachain ${para} is no ledger: transfers go to a ledger`);
  const { nonce, balance } = await account(from, "latest");
  if (BigInt(balance) < options.amount)
    throw new RpcFailure(`${options.from} has ${balance}, which is less than ${options.amount}`);
  const { domain } = head.value;
  const transaction = signTransfer(pair.value, domain, { to, amount: options.amount, nonce });
  const hash = await callRpc<string>(rpcPort, "para_submitTransaction", [
    para,
    bytesToHex(transaction),
  ]);
  process.stdout.write(`submitted ${hash}\n`);
  if (!options.wait) return 0;
  const block = await inclusion(para, rpcPort, hash);
  process.stdout.write(`included in block #${block}\n`);
  for (const [name, id] of [
    [options.from, from],
    [options.to, to],
  ] as const)
    process.stdout.write(`${name} has ${(await account(id, "best")).balance}\n`);
  return 0;
}

/** Number of the parachain block that includes the transaction, once the relay chain includes that block. */
async function inclusion(para: number, rpcPort: number, hash: string): Promise<number> {
  const deadline = Date.now() + WAIT_MS;
  for (;;) {
    const status = await callRpc<Status | null>(rpcPort, "para_transactionStatus", [para, hash]);
    if (status === null) throw new RpcFailure("the network has forgotten the transaction");
    if (status.number !== undefined) return status.number;
    if (status.type === "dropped")
      throw new RpcFailure(`not included: ${JSON.stringify(status.reason)}`);
    if (Date.now() > deadline)
      throw new RpcFailure(
        `not included within ${WAIT_MS / 1000} s; it is ${status.type} and may still be later`,
      );
    await new Promise((resolve) => setTimeout(resolve, LOOK_EVERY_MS));
  }
}
