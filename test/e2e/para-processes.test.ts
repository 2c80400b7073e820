/** Two collators of an author's parachain, each a process of its own: they take turns and know what the other is told. */
import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { bytesToHex, expectOk, type Hex } from "@parahost/base";
import { pairFromUri } from "@parahost/crypto";
import { encodeCall, signTransaction } from "@parahost/kit/schema";
import { chain as counter } from "@parahost/kit/templates/counter";
import { asHash, OpaqueExtrinsic } from "@parahost/primitives";
import { encode } from "@parahost/scale";
import { localConfig } from "../../packages/cli/src/node/chain-choice.ts";
import { type NodeEventLine, ProcessNetwork } from "../../packages/cli/src/node/process-network.ts";
import { planProjects } from "../../packages/cli/src/project/plan-project.ts";
import { call, eventually } from "./clients-network.ts";

const COUNTER = join(import.meta.dirname, "../../packages/kit/templates/counter");
const PARA = 1000;
const directory = mkdtempSync(join(tmpdir(), "parahost-para-"));
let network: ProcessNetwork | undefined;
after(async () => {
  await network?.stop();
  rmSync(directory, { recursive: true, force: true });
});

test("two processes collate in turns, pass transactions on, and one goes on without the other", async () => {
  const own = expectOk(await planProjects([COUNTER], PARA), "built");
  const builders = new Map<string, string>();
  const listener = {
    event: (event: NodeEventLine) => {
      if (event.event === "para.block") builders.set(event["head"] as string, event.node);
    },
    log: () => {},
    died: (node: string, how: string) => assert.fail(`${node} ${how}`),
  };
  network = await ProcessNetwork.prepare(
    {
      directory,
      config: localConfig({ slotMs: 2000, epochSlots: 20, validators: 2, paras: 0, own }),
      validators: 2,
      paras: [PARA],
      collators: 2,
      projects: new Map([[PARA, COUNTER]]),
      ...{ port: 0, rpcPort: 0, prometheusPort: 0, log: "error" },
    },
    listener,
  );
  const { nodes } = network;
  await Promise.all(nodes.map(({ name }) => network?.start(name)));
  const [first, second] = nodes.slice(2);
  assert.ok(first !== undefined && second !== undefined);
  const ports = [first, second].map(({ paraRpcPort }) => paraRpcPort ?? 0);
  const [here = 0, there = 0] = ports;
  const finalNumber = async (port: number): Promise<number> => {
    const hash = await call<Hex>(port, "chain_getFinalizedHead", []);
    return Number((await call<{ number: Hex }>(port, "chain_getHeader", [hash])).number);
  };

  // Told to the first; the second has it before any block does, or in one.
  const genesisHash = asHash(await call<Hex>(here, "chain_getBlockHash", [0]));
  const alice = expectOk(pairFromUri("sr25519", "//Alice"), "alice");
  const increment = encodeCall(counter, {
    ...{ pallet: "Counter", call: "increment" },
    args: { by: 7 },
  });
  const extrinsic = bytesToHex(
    encode(OpaqueExtrinsic, signTransaction(counter, alice, increment, { genesisHash, nonce: 0 })),
  );
  await call(here, "author_submitExtrinsic", [extrinsic]);
  await eventually(async () => {
    const pending = await call<Hex[]>(there, "author_pendingExtrinsics", []);
    return pending.includes(extrinsic) || (await finalNumber(there)) > 0 ? true : undefined;
  });

  // Both have built what both have as final.
  await eventually(async () => {
    const both = await Promise.all(ports.map(finalNumber));
    const makers = new Set<string>();
    for (let number = 1; number <= Math.min(...both); number++) {
      const [one, other] = await Promise.all(
        ports.map((port) => call<Hex>(port, "chain_getBlockHash", [number])),
      );
      assert.equal(one, other);
      makers.add(builders.get(one ?? "") ?? "");
    }
    return makers.has(first.name) && makers.has(second.name) ? true : undefined;
  });

  await network.kill(first.name);
  const then = await finalNumber(there);
  await eventually(async () => ((await finalNumber(there)) >= then + 2 ? true : undefined));
  // It comes back with what it had, and learns what it missed.
  await network.start(first.name);
  const back = first.paraRpcPort ?? 0;
  await eventually(async () => ((await finalNumber(back)) >= then + 2 ? true : undefined));
});
