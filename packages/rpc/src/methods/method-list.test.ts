/** What `rpc_methods` lists, beside what a node of Polkadot lists. */
import assert from "node:assert/strict";
import { test } from "node:test";
import jsonrpc from "@polkadot/types/interfaces/jsonrpc";
import polkadot from "@polkadot/types-support/metadata/v15/polkadot-rpc";
import { World } from "../../test/world.ts";
import type { Json } from "../json-rpc.ts";
import { combineMethods } from "../method.ts";
import { parameterCount } from "../parameter-counts.ts";
import { TestClient } from "../testing/client.ts";
import { CandidateLog } from "./candidate-log.ts";
import { devNetworkMethods } from "./dev-network.ts";
import { eventMethods } from "./events.ts";
import { paraMethods } from "./para.ts";
import { parachainsMethods } from "./parachains.ts";

/** What Polkadot's node has and this one has not: the room's page says why. */
const ABSENT = /^(beefy_|mmr_|system_unstable_networkState$)/;
/** What needs the program that runs the node: its log, and the specification that it was started by. */
const OF_THE_PROGRAM = ["system_addLogFilter", "system_resetLogFilter", "sync_state_genSyncSpec"];
/** The groups of the new specification: clients take a group that is listed to be whole. */
const GROUPS: Readonly<Record<string, string>> = {
  chainHead_v1_: "follow unfollow header body call storage continue stopOperation unpin",
  transaction_v1_: "broadcast stop",
  chainSpec_v1_: "chainName genesisHash properties",
  archive_v1_:
    "body header hashByHeight finalizedHeight genesisHash call storage stopStorage storageDiff storageDiff_stopStorageDiff",
  transactionWatch_v1_: "submitAndWatch unwatch",
};

test("every method of a node of Polkadot is here, but for those that are named", async () => {
  const world = await World.start({ finalized: 0 });
  try {
    const { methods } = await world.client.call<{ methods: string[] }>("rpc_methods");
    const ours = new Set(methods);
    assert.equal(ours.size, methods.length, "none is listed twice");
    const theirs = (polkadot as { methods: string[] }).methods;
    assert.ok(theirs.length > 100);
    const missing = theirs.filter((name) => !ours.has(name) && !OF_THE_PROGRAM.includes(name));
    assert.deepEqual(
      missing.filter((name) => !ABSENT.test(name)),
      [],
    );
    for (const name of missing) {
      const { code } = await world.client.refusal(name);
      assert.equal(code, -32601, `${name} is not there, and clients are told so`);
    }
    for (const [group, names] of Object.entries(GROUPS))
      assert.deepEqual(
        methods.filter((name) => name.startsWith(group)),
        names
          .split(" ")
          .map((name) => `${group}${name}`)
          .sort(),
      );
    const isOfGroup = (name: string): boolean =>
      Object.keys(GROUPS).some((group) => name.startsWith(group));
    const own = methods.filter((name) => !theirs.includes(name) && !isOfGroup(name));
    assert.deepEqual(own, ["author_rotateKeysWithOwner", "dev_getBlockStats"]);
  } finally {
    await world.stop();
  }
});

test("every method knows how many parameters it takes: as many as polkadot.js gives it", async () => {
  const world = await World.start({ finalized: 0 });
  try {
    const all = combineMethods(
      world.methods,
      paraMethods(new Map()),
      parachainsMethods(world.node, new CandidateLog(() => () => undefined)),
      eventMethods(() => () => undefined),
      devNetworkMethods(immovable),
    );
    const client = new TestClient(all);
    const methods = [
      ...Object.keys(all.methods),
      ...Object.entries(all.subscriptions).flatMap(([name, { unsubscribe }]) => [
        name,
        unsubscribe,
      ]),
    ];
    const known = new Map(
      Object.values(jsonrpc).flatMap((section) =>
        Object.values(section).flatMap(({ jsonrpc: name, alias = [], isSubscription, params }) =>
          isSubscription ? [] : [name, ...alias].map((each) => [each, params.length] as const),
        ),
      ),
    );
    for (const name of methods) {
      const count = parameterCount(name);
      assert.ok(count !== undefined, `${name} is not counted`);
      assert.equal(known.get(name) ?? count, count, name);
      const surplus = Array.from({ length: count + 1 }, (): Json => "surplus");
      const { code, message } = await client.refusal(name, ...surplus);
      assert.equal(code, -32602, name);
      assert.match(message, /is one too many/, name);
    }
    assert.equal(await client.call("system_name", null, null), "parahost");
  } finally {
    await world.stop();
  }
});

const refused = () => Promise.reject(new Error("nobody asks for that here"));
const immovable = {
  newBlocks: refused,
  advance: refused,
  setStorage: refused,
  snapshot: refused,
  restore: refused,
};
