/**
 * What a node sees of a machine that crashes: it can write no more, and nothing gets out of it or in. What it still
 * reads and thinks until it is ended comes to nothing, as with a process that is no more.
 */
import { err } from "@parahost/base";
import type { NodeColumn, NodePorts } from "@parahost/node/service/node";
import type { CrashingStore } from "@parahost/storage/testing/crashing-store";
import { tapped } from "../strategies/tapped-network.ts";

export function dying(own: NodePorts, disk: CrashingStore<NodeColumn>): NodePorts {
  const readable = () => (disk.isDown ? disk.contents : disk);
  const cutOff = err({ code: "notConnected" } as const);
  return {
    ...own,
    store: {
      get: (column, key) => readable().get(column, key),
      has: (column, key) => readable().has(column, key),
      range: (column, start, end) => readable().range(column, start, end),
      write: (changes, options) => disk.write(changes, options),
      close: () => disk.close(),
    },
    network: tapped(own.network, {
      sends: (_protocol, _peer, bytes) => (disk.isDown ? undefined : bytes),
      hears: (_protocol, _peer, bytes) => (disk.isDown ? undefined : bytes),
      asks: async (_protocol, _peer, _payload, ask) => {
        const answer = disk.isDown ? cutOff : await ask();
        return disk.isDown ? cutOff : answer;
      },
      answers: (_protocol, request, answer) => {
        if (disk.isDown) request.refuse();
        else answer(request);
      },
    }),
  };
}
