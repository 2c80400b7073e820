/** `parahost query`: asks a running network. */
import type { Command } from "commander";
import { callRpc } from "../rpc-client.ts";
import { wholeNumber } from "../usage.ts";
import { type QueryStorageOptions, queryStorage } from "./query-storage.ts";
import { accountOf, sayingWrong } from "./tx.ts";

interface QueryOptions {
  readonly para: number;
  readonly rpcPort: number;
}

export function addQueryCommand(program: Command): void {
  const query = program
    .command("query")
    // Flags behind a command of its own are that command's.
    .enablePositionalOptions()
    .description("ask a running network: any item of the relay chain's state, by its name")
    .argument("[item]", "Pallet.Item, such as System.Account; a pallet alone lists its items")
    .argument("[keys...]", "as many as the item has; fewer list all entries that begin with them")
    .option("--at <block>", "number or hash; the best block without it")
    .option("--limit <n>", "entries listed", wholeNumber(1, 1_000_000), 100)
    .option("--json", "one JSON object per line")
    .option("--rpc-port <port>", "of the running network", wholeNumber(1, 65_535), 9944)
    .action(
      (item: string | undefined, keys: string[], options: QueryStorageOptions, command: Command) =>
        sayingWrong(command, () =>
          queryStorage(item, keys, options, (line) => void process.stdout.write(`${line}\n`)),
        ),
    );
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
