/** smoldot as it comes from npm, as a test sees it, and a link to a node that can be cut. */
import { type AddressInfo, connect, createServer, type Socket } from "node:net";
import type { Chain, Client } from "smoldot";

export interface FollowEvent {
  readonly event: string;
  readonly finalizedBlockHashes?: readonly string[];
  readonly prunedBlockHashes?: readonly string[];
  readonly operationId?: string;
  readonly items?: readonly { readonly key: string; readonly value?: string }[];
  readonly newRuntime?: Runtime | null;
  readonly finalizedBlockRuntime?: Runtime;
}

interface Runtime {
  readonly type: string;
  readonly spec?: { readonly specVersion: number };
}

/** One chain of a light client. It follows with runtimes, as client libraries do. */
export class LightClient {
  /** Every block that it called final, in its order. */
  readonly finalized: string[] = [];
  readonly events: FollowEvent[] = [];
  readonly #chain: Chain;
  readonly #answers = new Map<number, (answer: unknown) => void>();
  #nextId = 1;
  subscription = "";

  private constructor(chain: Chain) {
    this.#chain = chain;
  }

  static async follow(client: Client, spec: string): Promise<LightClient> {
    const light = new LightClient(await client.addChain({ chainSpec: spec }));
    void light.#listen();
    await light.#subscribe();
    return light;
  }

  ask(method: string, params: readonly unknown[]): Promise<unknown> {
    const id = this.#nextId++;
    const answer = new Promise((resolve) => this.#answers.set(id, resolve));
    this.#chain.sendJsonRpc(JSON.stringify({ jsonrpc: "2.0", id, method, params }));
    return answer;
  }

  /** The version of the runtime that was told last. */
  specVersion(): number | undefined {
    const told = this.events.map(
      ({ newRuntime, finalizedBlockRuntime }) => newRuntime ?? finalizedBlockRuntime,
    );
    return told.findLast((runtime) => runtime?.type === "valid")?.spec?.specVersion;
  }

  remove(): void {
    this.#chain.remove();
  }

  async #subscribe(): Promise<void> {
    this.subscription = (await this.ask("chainHead_v1_follow", [true])) as string;
  }

  /** Ends when the chain is removed. */
  async #listen(): Promise<void> {
    for await (const text of this.#chain.jsonRpcResponses) {
      const message = JSON.parse(text);
      if (message.id !== undefined) {
        this.#answers.get(message.id)?.(message.result ?? message.error);
        continue;
      }
      this.#onEvent(message.params.result);
    }
  }

  #onEvent(event: FollowEvent): void {
    this.events.push(event);
    const { finalizedBlockHashes: hashes = [], prunedBlockHashes = [] } = event;
    // A jump over many blocks ends the subscription; clients begin another.
    if (event.event === "stop") void this.#subscribe();
    if (event.event === "initialized") this.finalized.push(...hashes);
    if (event.event !== "finalized") return;
    // Of what is final the last block stays pinned.
    const unpinned = [...this.finalized.slice(-1), ...hashes.slice(0, -1), ...prunedBlockHashes];
    this.finalized.push(...hashes);
    void this.ask("chainHead_v1_unpin", [this.subscription, unpinned]);
  }
}

/** What `ScProvider` of polkadot.js takes for the library whose place a light client is in. */
export const asSubstrateConnect = (client: Client) => ({
  WellKnownChain: {},
  createScClient: () => ({
    addChain: async (chainSpec: string, onResponse: (response: string) => void) => {
      const chain = await client.addChain({ chainSpec });
      const listen = async (): Promise<void> => {
        for await (const response of chain.jsonRpcResponses) onResponse(response);
      };
      void listen();
      return {
        sendJsonRpc: (request: string) => chain.sendJsonRpc(request),
        remove: () => chain.remove(),
      };
    },
  }),
});

/** Carries TCP to a port until it is cut. */
export class Link {
  readonly port: number;
  readonly #sockets = new Set<Socket>();
  readonly #close: () => void;
  #isCut = false;

  private constructor(port: number, close: () => void) {
    this.port = port;
    this.#close = close;
  }

  static to(target: number): Promise<Link> {
    const server = createServer((socket) => link.#carry(socket, target));
    let link: Link;
    return new Promise((resolve) =>
      server.listen(0, "127.0.0.1", () => {
        link = new Link((server.address() as AddressInfo).port, () => server.close());
        resolve(link);
      }),
    );
  }

  get connections(): number {
    return this.#sockets.size / 2;
  }

  /** Who is connected loses the connection; who comes is turned away. */
  cut(): void {
    this.#isCut = true;
    for (const socket of this.#sockets) socket.destroy();
  }

  mend(): void {
    this.#isCut = false;
  }

  close(): void {
    this.cut();
    this.#close();
  }

  #carry(near: Socket, target: number): void {
    if (this.#isCut) {
      near.destroy();
      return;
    }
    const far = connect(target, "127.0.0.1");
    for (const [from, to] of [
      [near, far],
      [far, near],
    ] as const) {
      this.#sockets.add(from);
      from.pipe(to);
      from.on("error", () => to.destroy());
      from.on("close", () => {
        this.#sockets.delete(from);
        to.destroy();
      });
    }
  }
}
