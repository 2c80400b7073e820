import assert from "node:assert/strict";
import { test } from "node:test";
import { blake2b256Hex } from "@parahost/crypto";
import { asHash, type Hash } from "@parahost/primitives";
import { NONE, ROOT, type State, signedBy } from "../framework/index.ts";
import { named } from "../testing/staking.ts";
import { eventNames, stateAtBlock } from "../testing/state.ts";
import { balanceOf } from "./balances/account.ts";
import { UNIT } from "./balances/storage.ts";
import { setFreeBalance } from "./balances/transfer.ts";
import {
  depositFor,
  errors,
  note,
  PREIMAGE_SIZE_MAX_BYTES,
  preimage,
  preimagePallet,
  request,
  storage,
  unnote,
  unrequest,
} from "./preimage.ts";

const alice = named("Alice");
const bob = named("Bob");
const BYTES = new Uint8Array(100).fill(7);
const HASH = asHash(blake2b256Hex(BYTES));
const refusal = (error: unknown) => ({ ok: false, error });

function state(): State {
  const made = stateAtBlock(1);
  for (const who of [alice, bob]) assert.ok(setFreeBalance(made, who, 100n * UNIT).ok);
  return made;
}
const held = (made: State) => balanceOf(made, alice).reserved;

test("noted bytes are found by their hash, for a deposit by their size", () => {
  const made = state();
  assert.ok(note(made, alice, BYTES).ok);
  assert.deepEqual(preimage(made, HASH), BYTES);
  assert.equal(held(made), depositFor(100));
  assert.equal(depositFor(100), 3n * UNIT);
  assert.ok(eventNames(made).includes("preimage.noted"));
});

test("bytes that are taken back are gone, and the deposit is free", () => {
  const made = state();
  assert.ok(note(made, alice, BYTES).ok);
  assert.ok(unnote(made, alice, HASH).ok);
  assert.equal(preimage(made, HASH), undefined);
  assert.equal(held(made), 0n);
  assert.equal(storage.requestStatusFor.has(made, HASH), false);
});

test("bytes are noted once, not too large, and by who can pay", () => {
  const made = state();
  assert.ok(note(made, alice, BYTES).ok);
  assert.deepEqual(note(made, bob, BYTES), refusal(errors.alreadyNoted));
  assert.deepEqual(note(made, undefined, BYTES), refusal(errors.alreadyNoted));
  const large = new Uint8Array(PREIMAGE_SIZE_MAX_BYTES + 1);
  assert.deepEqual(note(made, undefined, large), refusal(errors.tooBig));
  const costly = note(made, bob, new Uint8Array(20_000));
  assert.deepEqual(costly, refusal({ type: "token", value: { type: "fundsUnavailable" } }));
});

test("only who noted bytes takes them back, and root", () => {
  const made = state();
  assert.deepEqual(unnote(made, alice, HASH), refusal(errors.notNoted));
  assert.ok(note(made, alice, BYTES).ok);
  assert.deepEqual(unnote(made, bob, HASH), refusal(errors.notAuthorized));
  assert.ok(unnote(made, undefined, HASH).ok);
  assert.equal(held(made), 0n);
});

test("requested bytes are noted without a deposit, and stay while they are requested", () => {
  const made = state();
  request(made, HASH);
  request(made, HASH);
  assert.equal(preimage(made, HASH), undefined);
  assert.ok(note(made, alice, BYTES).ok);
  assert.equal(held(made), 0n);
  assert.deepEqual(note(made, alice, BYTES), refusal(errors.alreadyNoted));
  assert.deepEqual(unnote(made, undefined, HASH), refusal(errors.requested));
  assert.deepEqual(unnote(made, alice, HASH), refusal(errors.notAuthorized));
  assert.ok(unrequest(made, HASH).ok);
  assert.deepEqual(preimage(made, HASH), BYTES);
  assert.ok(unrequest(made, HASH).ok);
  assert.equal(preimage(made, HASH), undefined);
  assert.deepEqual(unrequest(made, HASH), refusal(errors.notRequested));
});

test("who noted what is requested later gets its deposit back, and the bytes stay", () => {
  const made = state();
  assert.ok(note(made, alice, BYTES).ok);
  request(made, HASH);
  assert.ok(unnote(made, alice, HASH).ok);
  assert.equal(held(made), 0n);
  assert.deepEqual(preimage(made, HASH), BYTES);
  assert.deepEqual(unnote(made, alice, HASH), refusal(errors.notAuthorized));
});

test("a request that is withdrawn leaves the bytes to who paid for them", () => {
  const made = state();
  assert.ok(note(made, alice, BYTES).ok);
  request(made, HASH);
  assert.ok(unrequest(made, HASH).ok);
  assert.deepEqual(preimage(made, HASH), BYTES);
  assert.equal(held(made), depositFor(100));
  assert.deepEqual(unrequest(made, HASH), refusal(errors.notRequested));
});

test("a request that nobody has answered leaves nothing when it is withdrawn", () => {
  const made = state();
  request(made, HASH);
  assert.ok(unrequest(made, HASH).ok);
  assert.equal(storage.requestStatusFor.has(made, HASH), false);
});

test("root notes without a deposit, and what it noted is requested", () => {
  const made = state();
  const { notePreimage, unrequestPreimage } = preimagePallet.calls;
  assert.ok(notePreimage.dispatch(made, ROOT, { bytes: BYTES }).ok);
  assert.ok(unrequestPreimage.dispatch(made, ROOT, { hash: HASH }).ok);
  assert.equal(preimage(made, HASH), undefined);
});

test("deposits have never been taken the older way", () => {
  const made = state();
  const ensure = (hashes: readonly Hash[], origin = signedBy(alice)) =>
    preimagePallet.calls.ensureUpdated.dispatch(made, origin, { hashes });
  assert.deepEqual(ensure([HASH]), { ok: true, value: {} });
  assert.deepEqual(ensure([]), refusal(errors.tooFew));
  assert.deepEqual(ensure(Array(1025).fill(HASH)), refusal(errors.tooMany));
  assert.deepEqual(ensure([HASH], NONE), refusal({ type: "badOrigin" }));
});

test("everybody notes, only root requests", () => {
  const made = state();
  const { calls } = preimagePallet;
  const refused = refusal({ type: "badOrigin" });
  assert.deepEqual(calls.notePreimage.dispatch(made, NONE, { bytes: BYTES }), refused);
  assert.deepEqual(calls.unnotePreimage.dispatch(made, NONE, { hash: HASH }), refused);
  const origin = signedBy(alice);
  assert.ok(calls.notePreimage.dispatch(made, origin, { bytes: BYTES }).ok);
  assert.deepEqual(calls.requestPreimage.dispatch(made, origin, { hash: HASH }), refused);
  assert.deepEqual(calls.unrequestPreimage.dispatch(made, origin, { hash: HASH }), refused);
  assert.ok(calls.unnotePreimage.dispatch(made, origin, { hash: HASH }).ok);
});
