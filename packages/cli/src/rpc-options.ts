/** The flags of the JSON-RPC server, with the names that Polkadot's nodes have for them. */
import { type AllowedCallers, RPC_LIMITS, type RpcLimits } from "@parahost/rpc";
import { type Command, InvalidArgumentError, Option } from "commander";
import { wholeNumber } from "./usage.ts";

const MIB = 1024 * 1024;

export interface RpcFlags {
  readonly rpcMethods: "auto" | "safe" | "unsafe";
  readonly rpcCors?: readonly string[] | "all";
  readonly rpcMaxConnections: number;
  readonly rpcMaxSubscriptionsPerConnection: number;
  readonly rpcMaxRequestSize: number;
  readonly rpcMaxResponseSize: number;
}

/** Who may do what on the server, and how much. */
export interface RpcSettings {
  readonly allowUnsafe: boolean;
  readonly allowed: AllowedCallers;
  readonly limits: RpcLimits;
}

/** Adds the flags to a command. */
export function addRpcOptions(command: Command): Command {
  return command
    .addOption(
      new Option(
        "--rpc-methods <which>",
        "unsafe ones too, for the node's owner; auto: on loopback only",
      )
        .choices(["auto", "safe", "unsafe"])
        .default("auto"),
    )
    .option(
      "--rpc-cors <origins>",
      "pages that may call, separated by commas, or all; those of this machine and polkadot.js's without it",
      origins,
    )
    .option(
      "--rpc-max-connections <n>",
      "WebSocket connections",
      wholeNumber(1, 100_000),
      RPC_LIMITS.connections,
    )
    .option(
      "--rpc-max-subscriptions-per-connection <n>",
      "at one time",
      wholeNumber(1, 1_000_000),
      RPC_LIMITS.subscriptions,
    )
    .option(
      "--rpc-max-request-size <MiB>",
      "of one message",
      wholeNumber(1, 1024),
      RPC_LIMITS.messageBytes / MIB,
    )
    .option(
      "--rpc-max-response-size <MiB>",
      "of one answer",
      wholeNumber(1, 256),
      RPC_LIMITS.answerLength / MIB,
    );
}

function origins(text: string): readonly string[] | "all" {
  if (text === "all") return "all";
  const named = text.split(",").map((origin) => origin.trim());
  const wrong = named.find((origin) => !URL.canParse(origin) || new URL(origin).origin !== origin);
  if (wrong !== undefined)
    throw new InvalidArgumentError(`"${wrong}" is no origin such as https://example.org.`);
  return named;
}

/** `isExternal`: other machines reach the server. */
export function rpcSettings(flags: RpcFlags, isExternal: boolean): RpcSettings {
  return {
    allowUnsafe: flags.rpcMethods === "auto" ? !isExternal : flags.rpcMethods === "unsafe",
    allowed: { origins: flags.rpcCors ?? [], hosts: isExternal ? "all" : [] },
    limits: {
      connections: flags.rpcMaxConnections,
      subscriptions: flags.rpcMaxSubscriptionsPerConnection,
      messageBytes: flags.rpcMaxRequestSize * MIB,
      answerLength: flags.rpcMaxResponseSize * MIB,
    },
  };
}
