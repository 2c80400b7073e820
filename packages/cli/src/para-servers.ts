/** JSON-RPC of each declared parachain, on ports of their own behind the relay chain's. */
import type { Logger } from "@parahost/base";
import { GuestStateMachine } from "@parahost/collator";
import {
  chainViewMethods,
  listMethods,
  type Methods,
  paraView,
  type RpcServer,
  startRpcServer,
} from "@parahost/rpc";
import type { Collator } from "@parahost/sim/local-network";
import type { RpcSettings } from "./rpc-options.ts";
import { VERSION } from "./version.ts";

export interface ParaServer {
  readonly para: number;
  readonly name: string;
  readonly rpcPort: number;
}

/** A server for each parachain that clients can read: those with a declaration. */
export class ParaServers {
  readonly #servers = new Map<number, RpcServer>();
  readonly #ports: ParaServer[] = [];
  readonly #settings: RpcSettings;
  readonly #logger: (name: string) => Logger;
  #nextPort: number;

  constructor(firstPort: number, settings: RpcSettings, logger: (name: string) => Logger) {
    this.#nextPort = firstPort;
    this.#settings = settings;
    this.#logger = logger;
  }

  /** Where each parachain answers. */
  get ports(): readonly ParaServer[] {
    return this.#ports;
  }

  /** Starts a server, unless there is nothing to read. The first collator of a para answers. */
  async add(collator: Collator): Promise<ParaServer | undefined> {
    const { id, kind } = collator.plan;
    const methods = this.#servers.has(id) ? undefined : paraMethods(collator);
    if (methods === undefined) return undefined;
    const { allowed, limits } = this.#settings;
    const port = this.#nextPort;
    const logger = this.#logger(`rpc ${kind}`);
    const server = await startRpcServer({ port, allowed, limits, methods, logger });
    this.#nextPort = server.port + 1;
    this.#servers.set(id, server);
    const added = { para: id, name: kind, rpcPort: server.port };
    this.#ports.push(added);
    return added;
  }

  /** Answers from other collators of the same parachains from now on; clients are told to come again. */
  replaceChains(collators: readonly Collator[]): void {
    const replaced = new Set<number>();
    for (const collator of collators) {
      const { id } = collator.plan;
      const methods = replaced.has(id) ? undefined : paraMethods(collator);
      if (methods === undefined) continue;
      replaced.add(id);
      this.#servers.get(id)?.replaceMethods(methods);
    }
  }

  async close(): Promise<void> {
    await Promise.all([...this.#servers.values()].map((server) => server.close()));
  }
}

/** `undefined` for chains without a declaration. */
function paraMethods({ plan, para, machine, node }: Collator): Methods | undefined {
  const { token } = plan;
  if (token === undefined || !(machine instanceof GuestStateMachine)) return undefined;
  const view = paraView({ para, machine, token, node });
  return listMethods(chainViewMethods(view, { name: plan.kind, type: "Local", version: VERSION }));
}
