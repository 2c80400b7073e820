/**
 * The JSON-RPC 2.0 envelope: requests, batches, notifications of subscriptions, and errors with the
 * codes that clients know. Reference: json-rpc-and-metadata.md, section 2.
 */
import { describe, err, ok, type Result } from "@parahost/base";

export type Json =
  | null
  | boolean
  | number
  | string
  | readonly Json[]
  | { readonly [key: string]: Json };

export const ErrorCode = {
  parse: -32700,
  invalidRequest: -32600,
  methodNotFound: -32601,
  invalidParams: -32602,
  internal: -32603,
  /** The answer does not fit; ask for less. */
  tooLarge: -32008,
  /** Something that the server was asked to do was refused; the message says what and why. */
  refused: -32000,
} as const;

/** Thrown by a method: becomes the error of its answer. */
export class RpcError extends Error {
  override readonly name = "RpcError";
  readonly code: number;
  readonly data: Json | undefined;
  constructor(code: number, message: string, data?: Json) {
    super(message);
    this.code = code;
    this.data = data;
  }
}

export type RequestId = string | number | null;

export interface RpcRequest {
  readonly id: RequestId;
  readonly method: string;
  readonly params: readonly Json[];
}

/** Requests in one batch. */
export const BATCH_MAX = 100;
/** Characters of a request's id, which is sent back as it is. */
const ID_LENGTH_MAX = 1024;

export interface Incoming {
  readonly isBatch: boolean;
  readonly requests: readonly Result<
    RpcRequest,
    { readonly id: RequestId; readonly error: RpcError }
  >[];
}

/** Reads one message of a client; an unreadable one is an error of its own. */
export function parseIncoming(text: string): Result<Incoming, RpcError> {
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch (cause) {
    return err(new RpcError(ErrorCode.parse, `not JSON: ${describe(cause)}`));
  }
  if (!Array.isArray(parsed)) return ok({ isBatch: false, requests: [parseRequest(parsed)] });
  if (parsed.length === 0) return err(new RpcError(ErrorCode.invalidRequest, "empty batch"));
  if (parsed.length > BATCH_MAX)
    return err(
      new RpcError(
        ErrorCode.invalidRequest,
        `${parsed.length} requests in a batch, at most ${BATCH_MAX}`,
      ),
    );
  return ok({ isBatch: true, requests: parsed.map(parseRequest) });
}

function parseRequest(value: unknown): Incoming["requests"][number] {
  const bad = (id: RequestId, message: string) =>
    err({ id, error: new RpcError(ErrorCode.invalidRequest, message) });
  if (typeof value !== "object" || value === null || Array.isArray(value))
    return bad(null, "a request is an object");
  const { id, method, params, jsonrpc } = value as Record<string, unknown>;
  if (!isRequestId(id))
    return bad(
      null,
      `id must be a whole number, a string of at most ${ID_LENGTH_MAX} characters or null`,
    );
  const requestId = id;
  if (jsonrpc !== "2.0") return bad(requestId, 'jsonrpc must be "2.0"');
  if (typeof method !== "string") return bad(requestId, "method must be a string");
  if (params !== undefined && !Array.isArray(params))
    return bad(requestId, "params must be a list: parameters are positional");
  return ok({ id: requestId, method, params: (params ?? []) as readonly Json[] });
}

/** A request without id would want no answer: nothing here is worth asking for that. */
const isRequestId = (id: unknown): id is RequestId =>
  id === null || Number.isSafeInteger(id) || (typeof id === "string" && id.length <= ID_LENGTH_MAX);

export function resultText(id: RequestId, result: Json): string {
  return JSON.stringify({ jsonrpc: "2.0", id, result });
}

export function errorText(id: RequestId, { code, message, data }: RpcError): string {
  const error = data === undefined ? { code, message } : { code, message, data };
  return JSON.stringify({ jsonrpc: "2.0", id, error });
}

/** A message of a subscription. `method` is the name that the client's library listens for. */
export function notificationText(method: string, subscription: string, result: Json): string {
  return JSON.stringify({ jsonrpc: "2.0", method, params: { subscription, result } });
}
