/**
 * One port for HTTP and WebSocket. Bounds: size of a message, number of connections, and what may wait
 * for a client that does not read.
 */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { HostError, type Logger } from "@parahost/base";
import { type WebSocket, WebSocketServer } from "ws";
import {
  CONNECTION_LIMITS,
  Connection,
  type ConnectionLimits,
  type Delivery,
} from "./connection.ts";
import { ErrorCode, errorText, RpcError } from "./json-rpc.ts";
import type { Methods } from "./method.ts";
import { type AllowedCallers, isAllowed, LOCAL_CALLERS } from "./origin.ts";

/** Bounds of a server; those of Polkadot nodes unless given. */
export interface RpcLimits extends ConnectionLimits {
  /** WebSocket connections; over HTTP there may be as many besides. */
  readonly connections: number;
  /** Bytes of one message of a client. */
  readonly messageBytes: number;
}

export const RPC_LIMITS: RpcLimits = {
  ...CONNECTION_LIMITS,
  connections: 100,
  messageBytes: 15 * 1024 * 1024,
};

/** A request that is not there as a whole by then is given up. */
const REQUEST_WITHIN_MS = 30_000;
/** How often requests that are late are looked for. */
const LATE_EVERY_MS = 1000;
/** A client that takes nothing of what waits for it for this long is disconnected. */
const READ_WITHIN_MS = 30_000;
/** Clients that were told to go are cut off after this time. */
const GO_WITHIN_MS = 500;
/** A client for which more than this waits is disconnected. */
const SEND_BUFFER_BYTES_MAX = 16 * 1024 * 1024;
/** Ports tried upwards from the wanted one. */
const PORTS_TRIED_MAX = 100;

export interface RpcServerOptions {
  /** The next free one upwards is taken when it is in use. 0 takes any. */
  readonly port: number;
  readonly host?: string;
  readonly methods: Methods;
  readonly logger: Logger;
  /** Pages that may call; those of this machine and polkadot.js's unless given. */
  readonly allowed?: AllowedCallers;
  readonly limits?: Partial<RpcLimits>;
}

export interface RpcServer {
  readonly port: number;
  /** Answers with other methods from now on. Clients on WebSocket are told to come again: their chain is gone. */
  replaceMethods(methods: Methods): void;
  close(): Promise<void>;
}

/** Starts to listen. Throws `HostError` when no port can be had. */
export async function startRpcServer(options: RpcServerOptions): Promise<RpcServer> {
  const { logger, allowed = LOCAL_CALLERS } = options;
  const limits: RpcLimits = { ...RPC_LIMITS, ...options.limits };
  let { methods } = options;
  const http = createServer(
    {
      headersTimeout: REQUEST_WITHIN_MS,
      requestTimeout: REQUEST_WITHIN_MS,
      connectionsCheckingInterval: LATE_EVERY_MS,
    },
    (request, response) => void answerHttp(request, response, { ...options, methods, limits }),
  );
  http.maxConnections = 2 * limits.connections;
  const sockets = new WebSocketServer({
    server: http,
    maxPayload: limits.messageBytes,
    verifyClient: ({ req }: { readonly req: IncomingMessage }) => isAllowed(allowed, req.headers),
  });
  // The HTTP server reports the same failures; the socket server repeats them.
  sockets.on("error", () => undefined);
  sockets.on("connection", (socket: WebSocket) => {
    if (sockets.clients.size > limits.connections) {
      socket.close(1013, "too many connections");
      return;
    }
    const send = sender(socket);
    const connection = new Connection(methods, logger, send, limits);
    socket.on("message", (data, isBinary) => {
      if (isBinary) {
        send(errorText(null, new RpcError(ErrorCode.parse, "messages are text")));
        return;
      }
      void connection.handle(String(data), send);
    });
    // Who asks for signs of life must read them.
    socket.on("ping", () => {
      if (socket.bufferedAmount > SEND_BUFFER_BYTES_MAX) socket.terminate();
    });
    socket.on("close", () => connection.close());
    socket.on("error", (error) =>
      logger.log("debug", "rpc", `connection failed: ${error.message}`),
    );
  });
  const port = await listen(http, options.host ?? "127.0.0.1", options.port);
  return {
    port,
    replaceMethods: (replacement) => {
      methods = replacement;
      // After the answer of whoever asked for it.
      setImmediate(() => {
        for (const client of sockets.clients) client.close(1012, "the network begins elsewhere");
      });
    },
    close: () =>
      new Promise((resolve) => {
        for (const client of sockets.clients) client.close(1001, "the node ends");
        const cutOff = setTimeout(() => {
          for (const client of sockets.clients) client.terminate();
          http.closeAllConnections();
        }, GO_WITHIN_MS);
        sockets.close();
        http.close(() => {
          clearTimeout(cutOff);
          resolve();
        });
        http.closeIdleConnections();
      }),
  };
}

/** What sends a client its texts, and disconnects one that does not read them. */
function sender(socket: WebSocket): (text: string) => Delivery {
  let waiting = 0;
  let stalled: NodeJS.Timeout | undefined;
  socket.on("close", () => clearTimeout(stalled));
  const onTaken = (): void => {
    waiting -= 1;
    if (waiting > 0) {
      stalled?.refresh();
      return;
    }
    clearTimeout(stalled);
    stalled = undefined;
  };
  return (text) => {
    if (socket.readyState !== socket.OPEN) return "lost";
    if (socket.bufferedAmount > SEND_BUFFER_BYTES_MAX) {
      socket.terminate();
      return "lost";
    }
    // Called when the text is on its way, and when the connection has ended before.
    let onLeft: (() => void) | undefined;
    socket.send(text, () => onLeft?.());
    if (socket.bufferedAmount === 0) return "sent";
    waiting += 1;
    stalled ??= setTimeout(() => socket.terminate(), READ_WITHIN_MS).unref();
    return new Promise<void>((resolve) => {
      onLeft = resolve;
    }).then(onTaken);
  };
}

async function listen(http: Server, host: string, wanted: number): Promise<number> {
  for (let port = wanted; port <= 65_535 && port < wanted + PORTS_TRIED_MAX; port++) {
    const failure = await new Promise<NodeJS.ErrnoException | undefined>((resolve) => {
      const onError = (error: NodeJS.ErrnoException): void => resolve(error);
      http.once("error", onError);
      http.listen(port, host, () => {
        http.removeListener("error", onError);
        resolve(undefined);
      });
    });
    if (failure === undefined) return (http.address() as AddressInfo).port;
    if (failure.code !== "EADDRINUSE" && failure.code !== "EACCES")
      throw new HostError("listenFailed", { cause: failure, message: `${host}:${port}` });
  }
  throw new HostError("noFreePort", { message: `from ${wanted} upwards on ${host}` });
}

async function answerHttp(
  request: IncomingMessage,
  response: ServerResponse,
  {
    methods,
    logger,
    allowed = LOCAL_CALLERS,
    limits,
  }: RpcServerOptions & { readonly limits: RpcLimits },
): Promise<void> {
  const reply = (status: number, body: string): void => {
    response.writeHead(status, { "content-type": "application/json" });
    response.end(body);
  };
  if (!isAllowed(allowed, request.headers)) {
    reply(403, errorText(null, new RpcError(ErrorCode.refused, "this page may not call")));
    return;
  }
  const { origin } = request.headers;
  if (origin !== undefined) response.setHeader("access-control-allow-origin", origin);
  if (request.method === "OPTIONS") {
    response.writeHead(204, {
      "access-control-allow-methods": "POST",
      "access-control-allow-headers": "content-type",
    });
    response.end();
    return;
  }
  if (request.method !== "POST") {
    reply(405, errorText(null, new RpcError(ErrorCode.invalidRequest, "send requests by POST")));
    return;
  }
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  try {
    for await (const chunk of request) {
      bytes += (chunk as Uint8Array).length;
      if (bytes > limits.messageBytes) {
        reply(413, errorText(null, new RpcError(ErrorCode.invalidRequest, "request too large")));
        request.destroy();
        return;
      }
      chunks.push(chunk as Uint8Array);
    }
  } catch (cause) {
    logger.log("debug", "rpc", `request cut off: ${String(cause)}`);
    return;
  }
  const connection = new Connection(methods, logger, undefined, limits);
  await connection.handle(Buffer.concat(chunks).toString("utf8"), (answer) => reply(200, answer));
}
