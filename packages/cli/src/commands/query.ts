/** `parahost query`: asks a running network. */
import type { Command } from "commander";
import { callRpc } from "../rpc-client.ts";
import { wholeNumber } from "../usage.ts";
import { accountOf } from "./tx.ts";

interface QueryOptions {
  readonly para: number;
  readonly rpcPort: number;
}

export function addQueryCommand(program: Command): void {
  const query = program.command("query").description("ask a running network");
  query
    .command("balance <account>")
    .description("balance and nonce of an account on a ledger parachain")
    .option("--para <id>", "the ledger", wholeNumber(1, 2 ** 32 - 1), 1000)
    .option("--rpc-port <port>", "of the running network", wholeNumber(1, 65_535), 9944)
    .action(async (account: string, { para, rpcPort }: QueryOptions, command: Command) => {
      const { balance, nonce } = await callRpc<{ balance: string; nonce: number }>(
        rpcPort,
        "para_account",
        [para, accountOf(account, command), "best"],
      );
      process.stdout.write(`${account} has ${balance}, nonce ${nonce}\n`);
    });
}
