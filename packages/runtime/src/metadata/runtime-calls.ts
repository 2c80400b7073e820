/** Encoded calls of runtime APIs, by the names that clients use: `Core_version`. */
import { err, type Result } from "@parahost/base";
import type { Hash } from "@parahost/primitives";
import { type State, snakeCase } from "../framework/index.ts";
import { encodedMetadata } from "./generate.ts";
import type { ApiMethod, BadArguments, RuntimeHost, Trapped } from "./runtime-api.ts";
import { RUNTIME_APIS } from "./runtime-apis.ts";

export type RuntimeCallError =
  | { readonly code: "unknownFunction"; readonly name: string }
  | BadArguments
  | Trapped;

const METHODS: ReadonlyMap<string, ApiMethod> = new Map(
  Object.entries(RUNTIME_APIS).flatMap(([api, { methods }]) =>
    Object.entries(methods).map(([name, method]) => [`${api}_${snakeCase(name)}`, method] as const),
  ),
);

/** Names of all functions that can be called. */
export const runtimeFunctions = (): string[] => [...METHODS.keys()];

/**
 * Calls a function of a runtime API on the state after block `blockHash`, which stays as it is. `args` are
 * the encoded arguments one after the other; so is the answer encoded. Functions that submit a transaction or make
 * keys do so by `host`; without it no transaction is taken, and keys are refused, as in a `state_call` of Polkadot's
 * nodes.
 */
export function callRuntimeApi(
  state: State,
  blockHash: Hash,
  name: string,
  args: Uint8Array,
  host: RuntimeHost = {},
): Result<Uint8Array, RuntimeCallError> {
  const method = METHODS.get(name);
  if (method === undefined) return err({ code: "unknownFunction", name });
  const metadata = (version: number) => encodedMetadata(state, version);
  return method.call({ state, blockHash, metadata, host }, args);
}
