/**
 * HTTP for those who watch a node: `/metrics` for Prometheus; `/health` says that the process answers, `/health/readiness`
 * whether it has peers and is not far behind (503 while not). Loopback only unless told otherwise.
 */
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { HostError } from "@parahost/base";
import type { Registry } from "prom-client";

/** Ports tried upwards from the wanted one. */
const PORTS_TRIED_MAX = 100;
const CONNECTIONS_MAX = 32;
const REQUEST_MS_MAX = 10_000;

export interface Health {
  readonly peers: number;
  readonly isSyncing: boolean;
  /** Its event loop is beyond its bar: it works, and may be too late. */
  readonly isLate: boolean;
  readonly shouldHavePeers: boolean;
}

export interface StatusServerOptions {
  /** The next free one upwards is taken when it is in use; 0 takes any. */
  readonly port: number;
  readonly host: string;
  readonly registry: Registry;
  readonly health: () => Health;
}

export interface StatusServer {
  readonly port: number;
  close(): void;
}

/** Rejects with `HostError` `noFreePort`. */
export async function startStatusServer(options: StatusServerOptions): Promise<StatusServer> {
  const { registry, health } = options;
  const server = createServer((request, response) => {
    const send = (status: number, type: string, body: string): void => {
      response.writeHead(status, { "content-type": type });
      response.end(body);
    };
    const path = (request.url ?? "").split("?")[0];
    if (request.method !== "GET") return send(405, "text/plain", "only GET\n");
    if (path === "/metrics")
      return void registry.metrics().then(
        (text) => send(200, registry.contentType, text),
        (error) => send(500, "text/plain", `${String(error)}\n`),
      );
    const now = health();
    if (path === "/health") return send(200, "application/json", JSON.stringify(now));
    const isReady = !now.isSyncing && (!now.shouldHavePeers || now.peers > 0);
    if (path === "/health/readiness")
      return send(isReady ? 200 : 503, "application/json", JSON.stringify(now));
    send(404, "text/plain", "there are /metrics, /health and /health/readiness\n");
  });
  server.maxConnections = CONNECTIONS_MAX;
  server.requestTimeout = REQUEST_MS_MAX;
  const port = await listen(server, options);
  server.unref();
  return {
    port,
    close: () => {
      server.close();
      server.closeAllConnections();
    },
  };
}

async function listen(server: Server, { port: wanted, host }: StatusServerOptions) {
  for (let port = wanted; port <= 65_535 && port < wanted + PORTS_TRIED_MAX; port++) {
    const failure = await new Promise<NodeJS.ErrnoException | undefined>((resolve) => {
      server.once("error", resolve);
      server.listen(port, host, () => {
        server.removeListener("error", resolve);
        resolve(undefined);
      });
    });
    if (failure === undefined) return (server.address() as AddressInfo).port;
    if (failure.code !== "EADDRINUSE")
      throw new HostError("cannotListen", { message: `${host}:${port}`, cause: failure });
  }
  throw new HostError("noFreePort", { message: `from ${wanted} upwards on ${host}` });
}
