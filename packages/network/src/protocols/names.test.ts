import assert from "node:assert/strict";
import test from "node:test";
import { asHash } from "@parahost/primitives";
import type { NotificationProtocol, RequestProtocol } from "../port.ts";
import { attestedCandidateProtocol } from "./attested-candidate.ts";
import { availableDataFetchingProtocol } from "./available-data-fetching.ts";
import { blockAnnouncesProtocol } from "./block-announces.ts";
import { chunkFetchingProtocol } from "./chunk-fetching.ts";
import { collationFetchingProtocol } from "./collation-fetching.ts";
import { grandpaProtocol } from "./grandpa.ts";
import { type ChainIdentity, isRole, protocolName, Role } from "./names.ts";
import { collationProtocol, validationProtocol } from "./peer-set.ts";
import { povFetchingProtocol } from "./pov-fetching.ts";
import { syncProtocol } from "./sync.ts";
import { transactionsProtocol } from "./transactions.ts";

const genesisHash = asHash(`0x${"91b171bb158e2d38".repeat(4)}`);
const genesis = "91b171bb158e2d38".repeat(4);
const parts = { handshake: () => new Uint8Array(0), accept: () => true };

test("a name begins with the genesis hash and the fork, if the chain has one", () => {
  assert.equal(protocolName({ genesisHash }, "sync/2"), `/${genesis}/sync/2`);
  assert.equal(protocolName({ genesisHash, forkId: "west" }, "sync/2"), `/${genesis}/west/sync/2`);
});

const requests: readonly (readonly [string, (chain: ChainIdentity) => RequestProtocol])[] = [
  ["req_attested_candidate/2", attestedCandidateProtocol],
  ["req_available_data/1", availableDataFetchingProtocol],
  ["req_chunk/2", chunkFetchingProtocol],
  ["req_collation/2", collationFetchingProtocol],
  ["req_pov/1", povFetchingProtocol],
  ["sync/2", syncProtocol],
];
const notifications: readonly (readonly [
  string,
  (
    chain: ChainIdentity,
    parts: Pick<NotificationProtocol, "handshake" | "accept">,
  ) => NotificationProtocol,
])[] = [
  ["block-announces/1", blockAnnouncesProtocol],
  ["collation/2", collationProtocol],
  ["grandpa/1", grandpaProtocol],
  ["transactions/1", transactionsProtocol],
  ["validation/3", validationProtocol],
];

test("protocols have the names that other nodes know", () => {
  for (const [suffix, protocol] of requests)
    assert.equal(protocol({ genesisHash }).name, `/${genesis}/${suffix}`);
  for (const [suffix, protocol] of notifications)
    assert.equal(protocol({ genesisHash }, parts).name, `/${genesis}/${suffix}`);
});

test("roles are one flag each; nothing else is a role", () => {
  assert.deepEqual([1, 2, 4].map(isRole), [true, true, true]);
  assert.deepEqual([0, 3, 5, 6, 7, 8, 255].map(isRole), new Array(7).fill(false));
  assert.equal(Role.authority, 4);
});
