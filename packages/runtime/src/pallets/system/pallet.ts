/**
 * System: the pallet that the others stand on. Its parts are in this folder: accounts, the block being
 * executed, limits; events are the framework's.
 */
import { blake2b256Hex } from "@parahost/crypto";
import { BlockNumber, type Hash } from "@parahost/primitives";
import { bytes, hexBytes, tuple, u16, u32, vec } from "@parahost/scale";
import { storage as eventStorage } from "../../framework/events.ts";
import {
  call,
  constant,
  done,
  ensureRoot,
  ensureSigned,
  pallet,
  weightOf,
} from "../../framework/index.ts";
import { RuntimeVersion } from "../../version.ts";
import { storage as accountStorage } from "./accounts.ts";
import { BLOCK_HASH_COUNT, storage as blockStorage } from "./block.ts";
import { errors, runtimeVersion, setCode } from "./code.ts";
import {
  BlockLength,
  BlockWeights,
  blockLength,
  blockWeights,
  DbWeight,
  dbWeight,
} from "./declared-limits.ts";
import { events } from "./events.ts";
import { storage as limitStorage } from "./limits.ts";

/** Addresses in text begin with the generic prefix. */
export const SS58_PREFIX = 42;

/** Any bytes: storage keys have no common length. */
const StorageKey = hexBytes();
const KeyValue = tuple(StorageKey, bytes());

export const system = pallet({
  name: "System",
  index: 0,
  storage: { ...accountStorage, ...blockStorage, ...limitStorage, ...eventStorage },
  constants: {
    BlockHashCount: constant(
      "Hashes of this many blocks are kept.",
      BlockNumber,
      () => BLOCK_HASH_COUNT,
    ),
    BlockWeights: constant("How much work a block may hold.", BlockWeights, blockWeights),
    BlockLength: constant(
      "How many bytes of extrinsics a block may hold.",
      BlockLength,
      blockLength,
    ),
    DbWeight: constant(
      "What reading and writing an entry of the state weighs.",
      DbWeight,
      dbWeight,
    ),
    Version: constant("Version of the runtime.", RuntimeVersion, runtimeVersion),
    SS58Prefix: constant("Prefix of addresses in text.", u16, () => SS58_PREFIX),
  },
  events,
  errors,
  calls: {
    remark: call({
      index: 0,
      docs: "Puts bytes into a block, with no effect.",
      args: { remark: bytes() },
      weight: ({ remark }) => weightOf({ bytes: remark.length }),
      dispatch: () => done,
    }),
    setCode: call({
      index: 2,
      docs: "Declares a later version of the runtime: `code` is the encoded version.",
      args: { code: bytes() },
      class: "operational",
      weight: ({ code }) => weightOf({ reads: 1, writes: 2, bytes: code.length }),
      dispatch: (state, origin, { code }) => {
        const root = ensureRoot(origin);
        if (!root.ok) return root;
        const declared = setCode(state, code);
        return declared.ok ? done : declared;
      },
    }),
    setStorage: call({
      index: 4,
      docs: "Sets storage items by their full keys.",
      args: { items: vec(KeyValue) },
      class: "operational",
      weight: ({ items }) => weightOf({ writes: items.length }),
      dispatch: (state, origin, { items }) => {
        const root = ensureRoot(origin);
        if (!root.ok) return root;
        for (const [key, value] of items) state.set(key, value);
        return done;
      },
    }),
    killStorage: call({
      index: 5,
      docs: "Removes storage items by their full keys.",
      args: { keys: vec(StorageKey) },
      class: "operational",
      weight: ({ keys }) => weightOf({ writes: keys.length }),
      dispatch: (state, origin, { keys }) => {
        const root = ensureRoot(origin);
        if (!root.ok) return root;
        for (const key of keys) state.delete(key);
        return done;
      },
    }),
    killPrefix: call({
      index: 6,
      docs: "Removes the storage items whose keys begin with `prefix`; about `subkeys` of them exist.",
      args: { prefix: StorageKey, subkeys: u32 },
      class: "operational",
      weight: ({ subkeys }) => weightOf({ reads: subkeys, writes: subkeys }),
      dispatch: (state, origin, { prefix, subkeys }) => {
        const root = ensureRoot(origin);
        if (!root.ok) return root;
        let removed = 0;
        for (const key of [...state.keysWithPrefix(prefix)]) {
          if (removed === subkeys) break;
          state.delete(key);
          removed += 1;
        }
        return done;
      },
    }),
    remarkWithEvent: call({
      index: 7,
      docs: "Puts bytes into a block and an event with their hash.",
      args: { remark: bytes() },
      weight: ({ remark }) => weightOf({ writes: 1, bytes: remark.length }),
      dispatch: (state, origin, { remark }) => {
        const sender = ensureSigned(origin);
        if (!sender.ok) return sender;
        const hash = blake2b256Hex(remark) as Hash;
        events.deposit(state, { type: "remarked", value: { sender: sender.value, hash } });
        return done;
      },
    }),
  },
});
