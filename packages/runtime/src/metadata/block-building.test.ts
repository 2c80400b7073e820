/** The steps of building a block, and the making of keys, as encoded calls. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { asciiBytes, bytesToHex, expectOk, type Hex } from "@parahost/base";
import type { KeyTypeId } from "@parahost/crypto";
import {
  encodeExtrinsic,
  Header,
  headerHash,
  INHERENT_IDS,
  Moment,
  OpaqueExtrinsic,
  ParachainsInherentData,
} from "@parahost/primitives";
import { bytes, decode, encode, option, vec } from "@parahost/scale";
import { applyExtrinsic, initializeBlock } from "../executive.ts";
import { developmentKeys } from "../genesis/development.ts";
import { SessionKeys, typedKeys } from "../pallets/session/keys.ts";
import { TestChain } from "../testing/chain.ts";
import { accountOfUri, signedBy, transferTo } from "../testing/transactions.ts";
import { callRuntimeApi, type RuntimeHost } from "./index.ts";
import { InherentData } from "./inherents.ts";

const NOTHING = new Uint8Array();

const call = (chain: TestChain, name: string, args: Uint8Array = NOTHING, host: RuntimeHost = {}) =>
  callRuntimeApi(chain.state, headerHash(chain.head), name, args, host);

/** What a call is refused with: its code, and the words that say why. */
function refusalOf(called: ReturnType<typeof call>): string {
  assert.ok(!called.ok && called.error.code !== "unknownFunction");
  return `${called.error.code}: ${called.error.message}`;
}

const parachainsOf = (chain: TestChain, parentHeader = chain.head): Uint8Array =>
  encode(ParachainsInherentData, {
    bitfields: [],
    backedCandidates: [],
    disputes: [],
    parentHeader,
  });

function inherentData(
  chain: TestChain,
  change: Readonly<Record<string, Uint8Array | undefined>> = {},
) {
  const given = {
    [INHERENT_IDS.timestamp]: encode(Moment, chain.nextSlot * 2_000),
    [INHERENT_IDS.parachains]: parachainsOf(chain),
    ...change,
  };
  const data = new Map<Hex, Uint8Array>();
  for (const [id, value] of Object.entries(given))
    if (value !== undefined) data.set(bytesToHex(asciiBytes(id)), value);
  return encode(InherentData, { data });
}

function startedChain(): TestChain {
  const chain = new TestChain();
  chain.addMany(2);
  return chain;
}

const inherents = (chain: TestChain, data = inherentData(chain)) =>
  call(chain, "BlockBuilder_inherent_extrinsics", data);

test("a block is built of inherents that a call gives, and closed by a call as its author closes it", () => {
  const chain = startedChain();
  const transfer = signedBy(
    chain,
    "//Alice",
    transferTo(accountOfUri("//Bob"), 5_000_000_000_000n),
  );
  const built = chain.build({ extrinsics: [transfer] });
  const { state, head } = chain;
  const data = inherentData(chain);
  state.begin();
  const opening = { parentHash: headerHash(head), number: head.number + 1, digest: chain.digest() };
  expectOk(initializeBlock(state, opening), "it is opened");
  const given = decode(vec(OpaqueExtrinsic), expectOk(inherents(chain, data), "inherents"));
  assert.deepEqual(given, built.extrinsics.slice(0, 2));
  const tried = call(chain, "BlockBuilder_apply_extrinsic", encodeExtrinsic(given[0] ?? NOTHING));
  assert.equal(bytesToHex(expectOk(tried, "it is tried")), "0x0000");
  for (const extrinsic of [...given, transfer])
    expectOk(applyExtrinsic(state, extrinsic), "applied");
  for (let times = 0; times < 2; times++) {
    const closed = expectOk(call(chain, "BlockBuilder_finalize_block"), "the block stays open");
    assert.deepEqual(decode(Header, closed), built.header);
  }
  state.rollback();
  expectOk(chain.execute(built), "the block is good");
});

test("upon a complete block the inherents are those of the next", () => {
  const chain = startedChain();
  const root = chain.state.root(1);
  const given = decode(vec(OpaqueExtrinsic), expectOk(inherents(chain), "inherents"));
  assert.equal(given.length, 2);
  assert.deepEqual(given[1], chain.build().extrinsics[1]);
  assert.equal(chain.state.root(1), root);
});

test("inherents are refused with the id of what is missing, malformed, or another block's", () => {
  const chain = startedChain();
  const asked = (change: Readonly<Record<string, Uint8Array | undefined>>) =>
    refusalOf(inherents(chain, inherentData(chain, change)));
  const { timestamp, parachains } = INHERENT_IDS;
  assert.match(asked({ [timestamp]: undefined }), /trapped: .*inherentDataMissing.*timstap0/s);
  assert.match(asked({ [parachains]: undefined }), /trapped: .*inherentDataMissing.*parachn0/s);
  assert.match(asked({ [timestamp]: NOTHING }), /trapped: .*inherentDataMalformed.*timstap0/s);
  const stranger = { ...chain.head, number: 9 };
  const other = parachainsOf(chain, stranger);
  assert.match(asked({ [parachains]: other }), /trapped: .*parentHeaderOfAnotherBlock/s);
  assert.match(refusalOf(inherents(chain, new Uint8Array([4]))), /^badArguments/);
});

test("upon a complete block there is none to close", () => {
  const refused = refusalOf(call(startedChain(), "BlockBuilder_finalize_block"));
  assert.match(refused, /trapped: .*noBlockIsBeingBuilt/s);
});

const generate = (seed: string | undefined, host: RuntimeHost) =>
  call(
    startedChain(),
    "SessionKeys_generate_session_keys",
    encode(option(bytes()), seed === undefined ? undefined : new TextEncoder().encode(seed)),
    host,
  );

test("session keys are made in the keystore that the node lends, of the seed that is given", () => {
  const asked: (readonly [KeyTypeId, string | undefined])[] = [];
  const newKey = (type: KeyTypeId, seed: string | undefined) => {
    asked.push([type, seed]);
    return new Map(typedKeys(developmentKeys(seed ?? "//Alice"))).get(type);
  };
  const made = (seed: string | undefined) =>
    decode(SessionKeys, decode(bytes(), expectOk(generate(seed, { newKey }), "made")));
  assert.deepEqual(made(undefined), developmentKeys("//Alice"));
  assert.deepEqual(made("//Bob"), developmentKeys("//Bob"));
  const types = ["gran", "babe", "para", "asgn", "audi", "beef"] as const;
  assert.deepEqual(asked, [
    ...types.map((type) => [type, undefined]),
    ...types.map((type) => [type, "//Bob"]),
  ]);
});

test("without a keystore, or of what is no secret, no session keys are made", () => {
  assert.match(refusalOf(generate(undefined, {})), /trapped: .*hostLacks.*a keystore/s);
  const refused = generate("not a secret", { newKey: () => undefined });
  assert.match(refusalOf(refused), /trapped: .*badSeed/s);
  const args = new Uint8Array([1, 4, 0xff]);
  const notText = call(startedChain(), "SessionKeys_generate_session_keys", args, {
    newKey: () => "0x",
  });
  assert.match(refusalOf(notText), /^badArguments/);
});
