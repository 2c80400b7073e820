import assert from "node:assert/strict";
import { test } from "node:test";
import { signWithPair } from "@parahost/crypto";
import {
  type AccountId,
  engineData,
  GRANDPA_ENGINE_ID,
  GrandpaConsensusLog,
  type Header,
} from "@parahost/primitives";
import { decode } from "@parahost/scale";
import { signedBy as bySigned } from "../../framework/index.ts";
import {
  developmentAccount,
  developmentKeys,
  developmentUri,
  developmentValidator,
} from "../../genesis/development.ts";
import type { RuntimeCall } from "../../runtime.ts";
import {
  authorities,
  currentBabeEpoch,
  eventsOf,
  grandpaAuthorities,
  grandpaCurrentSetId,
  nextBabeEpoch,
  validators as paraValidators,
  sessionIndexForChild,
  sessionInfo,
} from "../../runtime-api.ts";
import { TestChain } from "../../testing/chain.ts";
import {
  keysProof,
  pairOf,
  setKeys,
  signedBy,
  sudo,
  transferTo,
} from "../../testing/transactions.ts";
import { UNIT } from "../balances/storage.ts";
import { storage as grandpaStorage } from "../grandpa.ts";
import type { SessionKeys } from "./keys.ts";
import { proveKeys, schemeOfKey } from "./keys-proof.ts";
import { session } from "./pallet.ts";
import { currentSession, errors, storage, validators } from "./storage.ts";

const register = (accounts: readonly AccountId[]): RuntimeCall =>
  sudo({
    type: "validatorManager",
    value: { type: "registerValidators", value: { validators: accounts } },
  });

const deregister = (accounts: readonly AccountId[]): RuntimeCall =>
  sudo({
    type: "validatorManager",
    value: { type: "deregisterValidators", value: { validators: accounts } },
  });

const grandpaLogs = (header: Header): GrandpaConsensusLog[] =>
  engineData(header.digest, "consensus", GRANDPA_ENGINE_ID).map((data) =>
    decode(GrandpaConsensusLog, data),
  );

/** Adds blocks until the next session has begun; returns its first block. */
function intoNextSession(chain: TestChain): Header {
  const session = currentSession(chain.state);
  let header = chain.add();
  while (currentSession(chain.state) === session) header = chain.add();
  return header;
}

/** A chain in session 0 with the fifth validator's keys registered and the validator added. */
function chainWithNewcomer(): { chain: TestChain; newcomer: AccountId } {
  const chain = new TestChain({ epochSlots: 4 });
  const { account } = developmentValidator(4);
  const uri = developmentUri(4);
  chain.add();
  const alice = (call: RuntimeCall, nonce: number) => signedBy(chain, "//Alice", call, { nonce });
  chain.add({
    extrinsics: [alice(transferTo(account, 100n * UNIT), 0), alice(register([account]), 1)],
  });
  chain.add({ extrinsics: [signedBy(chain, `${uri}//stash`, setKeys(uri, account))] });
  return { chain, newcomer: account };
}

test("a session is an epoch", () => {
  const chain = new TestChain({ epochSlots: 3 });
  chain.addMany(3);
  assert.equal(currentSession(chain.state), 0);
  chain.add();
  assert.equal(currentSession(chain.state), 1);
  assert.equal(currentBabeEpoch(chain.state).epochIndex, 1);
  assert.ok(eventsOf(chain.state).some(({ event }) => event.value.type === "newSession"));
});

test("a session with the same validators announces no change of finality voters", () => {
  const chain = new TestChain({ epochSlots: 3 });
  chain.addMany(3);
  assert.deepEqual(grandpaLogs(chain.add()), []);
  assert.equal(grandpaCurrentSetId(chain.state), 0);
  assert.equal(grandpaStorage.setIdSession.get(chain.state, 0), 1);
});

test("a registered validator is queued with the next session and validates in the one after", () => {
  const { chain, newcomer } = chainWithNewcomer();
  intoNextSession(chain);
  assert.equal(validators(chain.state).length, 4);
  assert.equal(nextBabeEpoch(chain.state).authorities.length, 5);
  assert.equal(authorities(chain.state).length, 5);

  const first = intoNextSession(chain);
  assert.equal(validators(chain.state)[4], newcomer);
  assert.equal(currentBabeEpoch(chain.state).authorities.length, 5);
  assert.equal(grandpaAuthorities(chain.state).length, 5);
  assert.equal(grandpaCurrentSetId(chain.state), 1);
  assert.deepEqual(grandpaLogs(first), [
    {
      type: "scheduledChange",
      value: { nextAuthorities: grandpaAuthorities(chain.state), delay: 0 },
    },
  ]);
});

test("a decision about who validates after the session is told, as none is not", () => {
  const { chain } = chainWithNewcomer();
  const told = () => eventsOf(chain.state).some(({ event }) => event.value.type === "newQueued");
  intoNextSession(chain);
  assert.equal(told(), true);
  intoNextSession(chain);
  assert.equal(told(), false);
});

test("the newcomer authors blocks in its session", () => {
  const { chain, newcomer } = chainWithNewcomer();
  intoNextSession(chain);
  intoNextSession(chain);
  const before = chain.head.number;
  chain.add({ author: 4 });
  assert.equal(chain.head.number, before + 1);
  assert.equal(validators(chain.state)[4], newcomer);
});

test("the parachain host has the new validators from the block after the session began", () => {
  const { chain } = chainWithNewcomer();
  intoNextSession(chain);
  assert.equal(paraValidators(chain.state).length, 4);
  intoNextSession(chain);
  assert.equal(sessionIndexForChild(chain.state), 2);
  assert.equal(paraValidators(chain.state).length, 5);
  assert.equal(sessionInfo(chain.state, sessionIndexForChild(chain.state))?.validators.length, 5);
});

test("a registered validator without keys is left out", () => {
  const chain = new TestChain({ epochSlots: 3 });
  chain.add();
  const nobody = developmentAccount("//Nobody");
  chain.add({ extrinsics: [signedBy(chain, "//Alice", register([nobody]))] });
  intoNextSession(chain);
  intoNextSession(chain);
  assert.equal(validators(chain.state).length, 4);
  assert.equal(grandpaCurrentSetId(chain.state), 0);
});

test("a deregistered validator leaves with the session after next", () => {
  const chain = new TestChain({ epochSlots: 3 });
  const leaving = developmentValidator(1).account;
  chain.add();
  chain.add({ extrinsics: [signedBy(chain, "//Alice", deregister([leaving]))] });
  intoNextSession(chain);
  assert.ok(validators(chain.state).includes(leaving));
  intoNextSession(chain);
  assert.deepEqual(
    validators(chain.state),
    [0, 2, 3].map((i) => developmentValidator(i).account),
  );
});

test("a chain never loses its last validators", () => {
  const chain = new TestChain({ epochSlots: 3 });
  const all = chain.config.validators.map(({ account }) => account);
  chain.add();
  chain.add({ extrinsics: [signedBy(chain, "//Alice", deregister(all))] });
  intoNextSession(chain);
  intoNextSession(chain);
  assert.deepEqual(validators(chain.state), all);
});

test("new keys are used from the session after next", () => {
  const chain = new TestChain({ epochSlots: 3 });
  const before = developmentKeys("//Bob");
  const after = { ...developmentKeys("//Other"), babe: before.babe };
  chain.add();
  const owner = developmentAccount("//Bob//stash");
  const uriOf = (type: string) => (type === "babe" ? "//Bob" : "//Other");
  const proof = proveKeys(after, owner, (type, message) =>
    signWithPair(pairOf(uriOf(type), schemeOfKey(type)), message),
  );
  const call: RuntimeCall = {
    type: "session",
    value: { type: "setKeys", value: { keys: after, proof } },
  };
  chain.add({ extrinsics: [signedBy(chain, "//Bob//stash", call)] });
  intoNextSession(chain);
  assert.equal(grandpaAuthorities(chain.state)[1]?.id, before.grandpa);
  intoNextSession(chain);
  assert.equal(grandpaAuthorities(chain.state)[1]?.id, after.grandpa);
  assert.equal(grandpaCurrentSetId(chain.state), 1);
});

test("keys whose secrets the sender does not have are refused", () => {
  const chain = new TestChain();
  chain.add();
  const eve = developmentAccount("//Eve");
  const keys = developmentKeys("//Eve");
  const proof = keysProof("//Eve", eve);
  const attempt = (change: { readonly keys?: SessionKeys; readonly proof?: Uint8Array }) =>
    session.calls.setKeys.dispatch(chain.state, bySigned(eve), { keys, proof, ...change });
  const refused = { ok: false, error: errors.invalidProof };
  assert.deepEqual(attempt({ proof: new Uint8Array() }), refused);
  assert.deepEqual(attempt({ proof: proof.slice(1) }), refused);
  assert.deepEqual(attempt({ proof: keysProof("//Eve", developmentAccount("//Bob")) }), refused);
  for (const type of Object.keys(keys) as (keyof SessionKeys)[])
    assert.deepEqual(
      attempt({ keys: { ...keys, [type]: developmentKeys("//Zoe")[type] } }),
      refused,
    );
  assert.ok(attempt({}).ok);
});

test("keys of an account that does not exist are refused", () => {
  const chain = new TestChain();
  chain.add();
  const nobody = developmentAccount("//Nobody");
  const value = { keys: developmentKeys("//Nobody"), proof: keysProof("//Nobody", nobody) };
  assert.deepEqual(session.calls.setKeys.dispatch(chain.state, bySigned(nobody), value), {
    ok: false,
    error: errors.noAccount,
  });
});

test("keys that others use are refused", () => {
  const chain = new TestChain();
  chain.add();
  chain.add({
    extrinsics: [signedBy(chain, "//Eve", setKeys("//Alice", developmentAccount("//Eve")))],
  });
  assert.equal(storage.nextKeys.has(chain.state, developmentAccount("//Eve")), false);
  const failed = eventsOf(chain.state).find(({ event }) => event.value.type === "extrinsicFailed");
  assert.ok(failed !== undefined);
  const { dispatchError } = failed.event.value.value as { readonly dispatchError: unknown };
  assert.deepEqual(dispatchError, {
    type: "module",
    value: { index: 9, error: new Uint8Array([2, 0, 0, 0]) },
  });
});

test("purged keys are free for others, and their owner can be forgotten", () => {
  const chain = new TestChain();
  const eve = developmentAccount("//Eve");
  chain.add();
  chain.add({ extrinsics: [signedBy(chain, "//Eve", setKeys("//Eve", eve))] });
  const purge: RuntimeCall = { type: "session", value: { type: "purgeKeys" } };
  chain.add({ extrinsics: [signedBy(chain, "//Eve", purge)] });
  assert.equal(storage.nextKeys.has(chain.state, eve), false);
  chain.add({
    extrinsics: [signedBy(chain, "//Ferdie", setKeys("//Eve", developmentAccount("//Ferdie")))],
  });
  assert.ok(storage.nextKeys.has(chain.state, developmentAccount("//Ferdie")));
});

test("keys that were not set cannot be purged", () => {
  const chain = new TestChain();
  chain.add();
  const purge: RuntimeCall = { type: "session", value: { type: "purgeKeys" } };
  chain.add({ extrinsics: [signedBy(chain, "//Eve", purge)] });
  assert.ok(eventsOf(chain.state).some(({ event }) => event.value.type === "extrinsicFailed"));
});
