import { multiaddr } from "@multiformats/multiaddr";
import { silentLogger } from "@parahost/base";
import { ed25519PairFromSeed } from "@parahost/crypto";
import { networkSuite } from "../testing/network-suite.ts";
import { pause, realClock, until } from "../testing/real-time.ts";
import { startLibp2pNetwork } from "./start.ts";

/** Networks on loopback sockets that know each other's addresses. */
const worldOf = (listen: string) => async (count: number) => {
  const clock = realClock(SPEED);
  const running = await Promise.all(
    Array.from({ length: count }, (_, index) =>
      startLibp2pNetwork({
        identity: ed25519PairFromSeed(new Uint8Array(32).fill(index + 1)),
        listen: [listen],
        clock,
        logger: silentLogger,
      }),
    ),
  );
  for (const { network } of running)
    for (const other of running)
      network.addAddresses(
        other.network.localPeer,
        other.addresses.map((text) => multiaddr(text)),
      );
  return {
    networks: running.map(({ network }) => network),
    until: (isDone: () => boolean) => until(isDone, "what the suite waits for"),
    quiet: () => pause(300 / SPEED),
    close: async () => {
      await Promise.all(running.map(({ stop }) => stop()));
    },
  };
};

/** Waiting is short; what must not take long on a loaded machine is still allowed to. */
const SPEED = 4;

networkSuite("libp2p over TCP", worldOf("/ip4/127.0.0.1/tcp/0"));
networkSuite("libp2p over WebSocket", worldOf("/ip4/127.0.0.1/tcp/0/ws"));
