import assert from "node:assert/strict";
import { test } from "node:test";
import { HostError, ok, silentLogger } from "@parahost/base";
import { type Hash, type Header, headerHash, ZERO_HASH } from "@parahost/primitives";
import { FakeOverseer } from "../overseer/fake-overseer.ts";
import type { ChainBackend } from "./chain-backend.ts";
import { run } from "./subsystem.ts";

/** Genesis and `length` blocks upon it. */
function chainOf(length: number): Header[] {
  const headers: Header[] = [];
  for (let number = 0; number <= length; number++) {
    const parent = headers.at(-1);
    headers.push({
      parentHash: parent === undefined ? ZERO_HASH : headerHash(parent),
      number,
      stateRoot: ZERO_HASH,
      extrinsicsRoot: ZERO_HASH,
      digest: [],
    });
  }
  return headers;
}

const headers = chainOf(4);
const hashes = headers.map(headerHash);
const at = (number: number): Hash => hashes[number] as Hash;
const backend: ChainBackend = {
  header: (hash) => headers[hashes.indexOf(hash)],
  weight: (hash) => {
    const number = hashes.indexOf(hash);
    return number === -1 ? undefined : number * 2;
  },
  finalizedHash: (number) => (number <= 2 ? hashes[number] : undefined),
  finalizedNumber: () => 2,
};

function start(chain: ChainBackend) {
  const overseer = new FakeOverseer<"chain-api", never>();
  return { overseer, running: run(overseer.context, { chain, logger: silentLogger }) };
}

test("blocks are looked up by hash and by finalized number", async () => {
  const { overseer, running } = start(backend);
  assert.deepEqual(await overseer.ask({ type: "blockNumber", hash: at(3) }), ok(3));
  assert.deepEqual(await overseer.ask({ type: "blockHeader", hash: at(3) }), ok(headers[3]));
  assert.deepEqual(await overseer.ask({ type: "blockWeight", hash: at(3) }), ok(6));
  assert.deepEqual(await overseer.ask({ type: "finalizedBlockNumber" }), ok(2));
  assert.deepEqual(await overseer.ask({ type: "finalizedBlockHash", number: 1 }), ok(at(1)));
  assert.deepEqual(await overseer.ask({ type: "finalizedBlockHash", number: 3 }), ok(undefined));
  assert.deepEqual(await overseer.ask({ type: "blockHeader", hash: ZERO_HASH }), ok(undefined));
  await overseer.conclude(running);
});

test("ancestors come parent first and end at k or at genesis", async () => {
  const { overseer, running } = start(backend);
  const two = await overseer.ask({ type: "ancestors", hash: at(4), k: 2 });
  assert.deepEqual(two, ok([at(3), at(2)]));
  const all = await overseer.ask({ type: "ancestors", hash: at(2), k: 99 });
  assert.deepEqual(all, ok([at(1), at(0)]));
  assert.deepEqual(await overseer.ask({ type: "ancestors", hash: ZERO_HASH, k: 3 }), ok([]));
  await overseer.conclude(running);
});

test("a failing store is an error reply", async () => {
  const { overseer, running } = start({
    ...backend,
    header: () => {
      throw new HostError("io");
    },
  });
  assert.deepEqual(await overseer.ask({ type: "blockNumber", hash: at(1) }), {
    ok: false,
    error: { code: "database", message: "io" },
  });
  await overseer.conclude(running);
});
