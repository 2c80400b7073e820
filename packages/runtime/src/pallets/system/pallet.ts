/**
 * System: the pallet that the others stand on. Its parts are in this folder: accounts, the block being
 * executed, limits; events are the framework's.
 */
import { asciiBytes, bytesToHex, ok } from "@parahost/base";
import { blake2b256Hex } from "@parahost/crypto";
import { BlockNumber, Hash } from "@parahost/primitives";
import { bytes, encode, hexBytes, tuple, u16, u32, u64, vec } from "@parahost/scale";
import { storage as eventStorage } from "../../framework/events.ts";
import {
  asRoot,
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
import {
  applyAuthorizedUpgrade,
  storage as authorizedStorage,
  authorizeUpgrade,
  validateAuthorizedUpgrade,
} from "./authorized-upgrade.ts";
import { BLOCK_HASH_COUNT, storage as blockStorage, depositLog } from "./block.ts";
import { storage as codeStorage, errors, runtimeVersion, setCode } from "./code.ts";
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

/** `:heappages`. */
const HEAP_PAGES_KEY = bytesToHex(asciiBytes(":heappages"));

/** Any bytes: storage keys have no common length. */
const StorageKey = hexBytes();
const KeyValue = tuple(StorageKey, bytes());

const codeWeight = ({ code }: { readonly code: Uint8Array }) =>
  weightOf({ reads: 1, writes: 3, bytes: code.length });

export const system = pallet({
  name: "System",
  index: 0,
  storage: {
    ...accountStorage,
    ...blockStorage,
    ...limitStorage,
    ...eventStorage,
    ...codeStorage,
    ...authorizedStorage,
  },
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
    setHeapPages: call({
      index: 1,
      docs: "Says how many pages of memory a runtime in Wasm would get. Root only.",
      args: { pages: u64 },
      class: "operational",
      weight: weightOf({ writes: 2 }),
      dispatch: (state, origin, { pages }) => {
        const root = ensureRoot(origin);
        if (!root.ok) return root;
        state.set(HEAP_PAGES_KEY, encode(u64, pages));
        depositLog(state, { type: "runtimeEnvironmentUpdated" });
        return done;
      },
    }),
    setCode: call({
      index: 2,
      docs: "Declares a later version of the runtime: `code` is the encoded version.",
      args: { code: bytes() },
      class: "operational",
      weight: codeWeight,
      dispatch: (state, origin, { code }) => asRoot(origin, () => setCode(state, code, true)),
    }),
    setCodeWithoutChecks: call({
      index: 3,
      docs: "Declares any version of any runtime: `code` is the encoded version. Root only.",
      args: { code: bytes() },
      class: "operational",
      weight: codeWeight,
      dispatch: (state, origin, { code }) => asRoot(origin, () => setCode(state, code, false)),
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
    authorizeUpgrade: call({
      index: 9,
      docs: "Lets anybody declare the code with this hash, if it is a later version. Root only.",
      args: { codeHash: Hash },
      class: "operational",
      weight: weightOf({ writes: 1 }),
      dispatch: (state, origin, { codeHash }) =>
        asRoot(origin, () => ok(authorizeUpgrade(state, codeHash, true))),
    }),
    authorizeUpgradeWithoutChecks: call({
      index: 10,
      docs: "Lets anybody declare the code with this hash, whatever its version. Root only.",
      args: { codeHash: Hash },
      class: "operational",
      weight: weightOf({ writes: 1 }),
      dispatch: (state, origin, { codeHash }) =>
        asRoot(origin, () => ok(authorizeUpgrade(state, codeHash, false))),
    }),
    applyAuthorizedUpgrade: call({
      index: 11,
      docs: "Declares the code whose hash was authorized. Anybody may, and pays nothing for it.",
      args: { code: bytes() },
      class: "operational",
      weight: codeWeight,
      validateUnsigned: (state, { code }) => validateAuthorizedUpgrade(state, code),
      dispatch: (state, _, { code }) => {
        const applied = applyAuthorizedUpgrade(state, code);
        return applied.ok ? ok({ paysFee: false }) : applied;
      },
    }),
  },
});
