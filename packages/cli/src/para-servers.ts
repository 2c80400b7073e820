/** JSON-RPC of each declared parachain, on ports of their own behind the relay chain's. */
import type { Logger } from "@parahost/base";
import { GuestStateMachine } from "@parahost/collator";
import {
  chainViewMethods,
  listMethods,
  type Methods,
  paraView,
  startRpcServer,
} from "@parahost/rpc";
import type { Collator } from "@parahost/sim/local-network";
import type { RpcSettings } from "./rpc-options.ts";
import { VERSION } from "./version.ts";

export interface ParaServers {
  /** Where each parachain answers. */
  readonly ports: readonly {
    readonly para: number;
    readonly name: string;
    readonly rpcPort: number;
  }[];
  /** Answers from other collators of the same parachains from now on; clients are told to come again. */
  replaceChains(collators: readonly Collator[]): void;
  close(): Promise<void>;
}

/** Starts a server for each parachain that clients can read: those with a declaration. */
export async function startParaServers(
  collators: readonly Collator[],
  firstPort: number,
  { allowed, limits }: RpcSettings,
  logger: (name: string) => Logger,
): Promise<ParaServers> {
  const servers = new Map<number, Awaited<ReturnType<typeof startRpcServer>>>();
  const ports: { para: number; name: string; rpcPort: number }[] = [];
  let port = firstPort;
  for (const collator of collators) {
    const methods = paraMethods(collator);
    if (methods === undefined) continue;
    const { id, kind } = collator.plan;
    const server = await startRpcServer({
      port,
      allowed,
      limits,
      methods,
      logger: logger(`rpc ${kind}`),
    });
    servers.set(id, server);
    ports.push({ para: id, name: kind, rpcPort: server.port });
    port = server.port + 1;
  }
  return {
    ports,
    replaceChains: (others) => {
      for (const collator of others) {
        const methods = paraMethods(collator);
        if (methods !== undefined) servers.get(collator.plan.id)?.replaceMethods(methods);
      }
    },
    close: async () => {
      await Promise.all([...servers.values()].map((server) => server.close()));
    },
  };
}

/** `undefined` for chains without a declaration. */
function paraMethods({ plan, para, machine, node }: Collator): Methods | undefined {
  const { schema } = plan;
  if (schema === undefined || !(machine instanceof GuestStateMachine)) return undefined;
  const view = paraView({ para, machine, token: schema.token, node });
  return listMethods(
    chainViewMethods(view, { name: schema.name, type: "Local", version: VERSION }),
  );
}
