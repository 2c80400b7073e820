import assert from "node:assert/strict";
import { test } from "node:test";
import { compactU128, encode, u8, u32 } from "@parahost/scale";
import { stateAtBlock } from "../testing/state.ts";
import { done } from "./dispatch.ts";
import { eventsOf } from "./events.ts";
import { ensureNone, ensureRoot, ensureSigned, lookup, NONE, ROOT, signedBy } from "./origin.ts";
import { call, callInfo, pallet, palletErrors, palletEvents } from "./pallet.ts";
import { storageValue } from "./storage.ts";
import { weightOf } from "./weight.ts";

const events = palletEvents("TestPallet", { happened: [3, u32], ended: 4 });
const errors = palletErrors(77, ["firstError", "secondError"]);

const declared = pallet({
  name: "TestPallet",
  index: 77,
  events,
  errors,
  storage: { item: storageValue("TestPallet.Item", "An item.", u8) },
  calls: {
    doThis: call({
      index: 5,
      docs: "Does this.",
      args: { howOften: compactU128 },
      weight: ({ howOften }) => weightOf({ reads: Number(howOften) }),
      paysFee: ({ howOften }) => howOften > 0n,
      dispatch: () => done,
    }),
    doNothing: call({
      index: 6,
      docs: "",
      args: {},
      class: "operational",
      weight: weightOf({}),
      dispatch: () => done,
    }),
  },
});

test("calls are encoded by their index and described by their wire names", () => {
  const { callCodec } = declared;
  assert.ok(callCodec !== undefined);
  assert.deepEqual(
    encode(callCodec, { type: "doThis", value: { howOften: 1n } }),
    new Uint8Array([5, 4]),
  );
  assert.deepEqual(encode(callCodec, { type: "doNothing" }), new Uint8Array([6]));
  assert.ok(callCodec.type.kind === "variant");
  const [first] = callCodec.type.variants;
  assert.equal(first?.name, "do_this");
  assert.deepEqual(first?.docs, ["Does this."]);
  assert.equal(first?.fields[0]?.name, "how_often");
});

test("a call's cost may depend on its arguments", () => {
  const info = callInfo(declared.calls.doThis, { howOften: 2n });
  assert.deepEqual(info, {
    weight: weightOf({ reads: 2 }),
    class: "normal",
    paysFee: true,
  });
  assert.equal(callInfo(declared.calls.doThis, { howOften: 0n }).paysFee, false);
  assert.equal(callInfo(declared.calls.doNothing, {}).class, "operational");
});

test("an event is one of the sum over all pallets, by the pallet's name", () => {
  const state = stateAtBlock(1);
  events.deposit(state, { type: "happened", value: 9 });
  const [record] = eventsOf(state);
  assert.deepEqual(record?.event, { type: "testPallet", value: { type: "happened", value: 9 } });
});

test("genesis has no events", () => {
  const state = stateAtBlock(0);
  events.deposit(state, { type: "ended" });
  assert.deepEqual(eventsOf(state), []);
});

test("an error says its pallet and its place in the list", () => {
  assert.deepEqual(errors.secondError, {
    type: "module",
    value: { index: 77, error: new Uint8Array([1, 0, 0, 0]) },
  });
  assert.deepEqual(declared.errors, ["firstError", "secondError"]);
});

test("a declaration that contradicts itself is refused", () => {
  assert.throws(() => palletErrors(1, ["same", "same"]), /listed twice/);
  assert.throws(() => pallet({ name: "Other", index: 78, errors }), /wrong index/);
  const storage = { item: storageValue("TestPallet.Item", "An item.", u8) };
  assert.throws(() => pallet({ name: "Other", index: 78, storage }), /declared in Other/);
});

test("each origin is itself and no other", () => {
  const badOrigin = { ok: false, error: { type: "badOrigin" } };
  const account = `0x${"01".repeat(32)}` as Parameters<typeof signedBy>[0];
  assert.ok(ensureRoot(ROOT).ok);
  assert.ok(ensureNone(NONE).ok);
  assert.deepEqual(ensureSigned(signedBy(account)), { ok: true, value: account });
  for (const origin of [NONE, signedBy(account)]) assert.deepEqual(ensureRoot(origin), badOrigin);
  for (const origin of [ROOT, signedBy(account)]) assert.deepEqual(ensureNone(origin), badOrigin);
  for (const origin of [ROOT, NONE]) assert.deepEqual(ensureSigned(origin), badOrigin);
});

test("only an account id is an address of an account", () => {
  assert.deepEqual(lookup({ type: "index", value: undefined }), {
    ok: false,
    error: { type: "cannotLookup" },
  });
});
