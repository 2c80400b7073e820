import assert from "node:assert/strict";
import { before, test } from "node:test";
import { bytesToHex } from "@parahost/base";
import { asAccountId } from "@parahost/primitives";
import {
  buildGenesis,
  developmentKeys,
  localGenesis,
  RuntimeCall,
  runtimeMetadata,
  SessionKeys,
} from "@parahost/runtime";
import { encode } from "@parahost/scale";
import { EMPTY_ROOT, MemoryNodeStore, NodeCache, Overlay, TrieBackend } from "@parahost/trie";
import { accountIn, ChainTypes, type Json, sameName, ValueError } from "./types.ts";

let types: ChainTypes;
let callType: number;
/** The number of the type of this name. */
let typeNamed: (name: string) => number;

before(() => {
  const { top } = buildGenesis(
    localGenesis({ validators: 2, slotMs: 6000, epochSlots: 10, paras: [] }),
  );
  const state = new Overlay(new TrieBackend(new NodeCache(new MemoryNodeStore()), EMPTY_ROOT));
  for (const [key, value] of top) state.set(key, value);
  const { body } = runtimeMetadata(state, 15);
  assert.ok(body.type === "v15");
  types = new ChainTypes(body.value.types);
  callType = body.value.outerEnums.call;
  typeNamed = (name) => body.value.types.findIndex(({ path }) => path.at(-1) === name);
});

const BOB = "5FHneW46xGXgs5mUiveU4sbTyGBzmstUspZC92UhjJM694ty";

test("a call in JSON is encoded as the runtime encodes it, and read back", () => {
  const dest = { type: "id", value: asAccountId(accountIn("//Bob") ?? "0x") } as const;
  const typed: RuntimeCall = {
    type: "utility",
    value: {
      type: "batchAll",
      value: {
        calls: [
          { type: "balances", value: { type: "transferKeepAlive", value: { dest, value: 5n } } },
          {
            type: "system",
            value: { type: "remark", value: { remark: new Uint8Array([104, 105]) } },
          },
        ],
      },
    },
  };
  const written: Json = {
    Utility: {
      batch_all: {
        calls: [
          { Balances: { transferKeepAlive: { dest: "//Bob", value: "5" } } },
          { System: { remark: { remark: "hi" } } },
        ],
      },
    },
  };
  const bytes = types.encode(callType, written, "call");
  assert.equal(bytesToHex(bytes), bytesToHex(encode(RuntimeCall, typed)));
  assert.deepEqual(types.decode(callType, bytes), {
    Utility: {
      batch_all: {
        calls: [
          { Balances: { transfer_keep_alive: { dest: { Id: BOB }, value: "5" } } },
          { System: { remark: { remark: "0x6869" } } },
        ],
      },
    },
  });
});

test("structs are read by their names, keys as hex", () => {
  const keys = developmentKeys("//Bob");
  const read = types.decode(typeNamed("SessionKeys"), encode(SessionKeys, keys));
  assert.equal((read as { babe: string }).babe, keys.babe);
  assert.deepEqual(types.encode(typeNamed("SessionKeys"), read, "keys"), encode(SessionKeys, keys));
});

test("accounts are addresses, public keys or secret URIs; names are one in snake and camel case", () => {
  const id = accountIn("//Bob");
  assert.equal(accountIn(BOB), id);
  assert.equal(accountIn(id ?? null), id);
  assert.equal(accountIn("Bob"), undefined);
  assert.equal(accountIn(7), undefined);
  assert.ok(sameName("transferKeepAlive", "transfer_keep_alive"));
  assert.ok(!sameName("transfer", "transfer_all"));
});

test("what does not fit is refused by its place and with what would", () => {
  const call = (pallet: string, name: string, args: Json) => () =>
    types.encode(callType, { [pallet]: { [name]: args } }, "call");
  const wrong: readonly (readonly [() => unknown, RegExp])[] = [
    [
      call("Balances", "transfer_keep_alive", { dest: "nobody", value: 1 }),
      /dest must be an address/,
    ],
    [
      call("Balances", "transfer_keep_alive", { dest: "//Bob", value: "a" }),
      /must be u128, not "a"/,
    ],
    [call("Balances", "transfer_keep_alive", { dest: "//Bob", value: -1 }), /must be u128, not -1/],
    [call("Balances", "transfer_keep_alive", { dest: "//Bob", value: 1.5 }), /must be u128/],
    [call("Balances", "transfer_keep_alive", { dest: "//Bob" }), /value must be u128, not null/],
    [
      call("Balances", "transfer_keep_alive", { dest: "//Bob", value: 1, more: 2 }),
      /has no field more: it has dest, value/,
    ],
    [call("Balances", "transfer", {}), /must be one of \{"transfer_allow_death": …\}/],
    [call("System", "remark", { remark: 5 }), /must be bytes/],
    [call("Registrar", "deregister", { id: 2 ** 32 }), /must be u32/],
    [call("Registrar", "deregister", []), /must be/],
  ];
  for (const [act, message] of wrong)
    assert.throws(
      act,
      (error) => error instanceof ValueError && message.test(error.message),
      String(message),
    );
  assert.throws(() => types.decode(typeNamed("SessionKeys"), new Uint8Array(3)));
  assert.throws(
    () => types.decode(typeNamed("AccountId32"), new Uint8Array(33)),
    /1 bytes are left over behind a AccountId32/,
  );
  assert.throws(() => types.type(1_000_000), /the metadata has no type 1000000/);
});

test("numbers beyond 32 bits are text, options may be left out", () => {
  const event = typeNamed("AccountInfo");
  const account = types.decode(event, new Uint8Array(80));
  assert.deepEqual(account, {
    nonce: 0,
    consumers: 0,
    providers: 0,
    sufficients: 0,
    data: { free: "0", reserved: "0", frozen: "0", flags: "0" },
  });
  const register = { Staking: { force_new_era: null } };
  assert.ok(types.encode(callType, register, "call").length === 2);
});
