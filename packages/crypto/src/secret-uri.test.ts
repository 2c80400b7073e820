import assert from "node:assert/strict";
import { test } from "node:test";
import { bytesToHex, expectOk } from "@parahost/base";
import type { SignatureScheme } from "./key-pair.ts";
import {
  DEVELOPMENT_PHRASE,
  ecdsaPairFromUri,
  ed25519PairFromUri,
  junctionChainCode,
  pairFromUri,
  parseSecretUri,
  secretSeed,
  sr25519PairFromUri,
} from "./secret-uri.ts";

const publicKey = (scheme: SignatureScheme, uri: string): string =>
  expectOk(pairFromUri(scheme, uri), uri).publicKey;

test("the well-known accounts have their keys", () => {
  const known = {
    "//Alice": "0xd43593c715fdd31c61141abd04a99fd6822c8558854ccde39a5684e7a56da27d",
    "//Bob": "0x8eaf04151687736326c9fea17e25fc5287613693c912909cb226aa4794f26a48",
    "//Charlie": "0x90b5ab205c6974c9ea841be688864633dc9ca8a357843eeacf2314649965fe22",
    "//Alice//stash": "0xbe5ddb1579b72e84524fc29e78609e3caf42e85aa118ebfe0b0ad404b5bdd25f",
    "": "0x46ebddef8cd9bb167dc30878d7113b7e168e6f0646beffd77d69d39bad76b47a",
  };
  for (const [uri, key] of Object.entries(known)) assert.equal(publicKey("sr25519", uri), key);
  assert.equal(
    publicKey("ed25519", "//Alice"),
    "0x88dc3417d5058ec4b4503e0c12ea1a0a89be200fe98922423d4334014fa6b0ee",
  );
  assert.equal(
    publicKey("ecdsa", "//Alice"),
    "0x020a1091341fe5664bfa1782d5e04779689068c916b04cb365ec3153755684d9a1",
  );
});

test("a phrase, its seed and the default are one key", () => {
  const seed = "0xfac7959dbfe72f052e5a0c3c8d6530f202b02fd8f9f5ca3580ec8deb7797479e";
  for (const path of ["", "//hard", "/soft", "//1/2//three"]) {
    const key = publicKey("sr25519", path);
    assert.equal(publicKey("sr25519", DEVELOPMENT_PHRASE + path), key);
    assert.equal(publicKey("sr25519", seed + path), key);
  }
});

test("every part of a URI makes another key", () => {
  const uris = [
    "//a",
    "/a",
    "//a//b",
    "//a/b",
    "//1",
    "//01x",
    "//a///pass",
    "//a///other",
    "///a",
  ];
  const keys = uris.map((uri) => publicKey("sr25519", uri));
  assert.equal(new Set(keys).size, uris.length);
});

test("a URI is taken apart into phrase, junctions and password", () => {
  const uri = expectOk(parseSecretUri("some words//hard/soft///pass//word/"), "a URI");
  assert.equal(uri.phrase, "some words");
  assert.deepEqual(
    uri.junctions.map(({ hard }) => hard),
    [true, false],
  );
  assert.equal(uri.password, "pass//word/");
});

test("junctions are numbers as u64, text as SCALE, and hashed when long", () => {
  const hex = (code: string): string => bytesToHex(junctionChainCode(code)).replace(/0+$/, "");
  assert.equal(hex("1"), "0x01");
  assert.equal(hex("+256"), "0x0001");
  assert.equal(hex("18446744073709551615"), "0xffffffffffffffff");
  assert.equal(hex("18446744073709551616"), "0x503138343436373434303733373039353531363136");
  assert.equal(hex("Alice"), "0x14416c696365");
  assert.equal(junctionChainCode("a".repeat(31)).length, 32);
  assert.equal(junctionChainCode("a".repeat(32)).length, 32);
  assert.notDeepEqual(junctionChainCode("a".repeat(32)), junctionChainCode("a".repeat(33)));
  assert.equal(junctionChainCode("a".repeat(100)).length, 32);
});

test("bad URIs are refused with the reason", () => {
  const code = (uri: string, scheme: SignatureScheme = "sr25519"): string => {
    const pair = pairFromUri(scheme, uri);
    return pair.ok ? "ok" : pair.error.code;
  };
  assert.equal(code("///////"), "ok");
  for (const uri of ["word-with-dash", "a".repeat(5_000), "/", "//"])
    assert.equal(code(uri), "badUri", uri.slice(0, 20));
  assert.equal(code("0x1234"), "badSeed");
  assert.equal(code(`0x${"zz".repeat(32)}`), "badSeed");
  assert.equal(code(`0x${"00".repeat(32)}`, "ecdsa"), "badSeed");
  assert.equal(code("bottom drive"), "badPhrase");
  assert.deepEqual(ed25519PairFromUri("//a/b"), {
    ok: false,
    error: { code: "softJunction", position: 1 },
  });
  assert.deepEqual(ecdsaPairFromUri("/b"), {
    ok: false,
    error: { code: "softJunction", position: 0 },
  });
  assert.ok(sr25519PairFromUri("//a/b").ok);
});

test("the seed of a URI with hard junctions makes the same pair, behind a soft one there is none", () => {
  for (const scheme of ["sr25519", "ed25519", "ecdsa"] as const) {
    const seed = expectOk(secretSeed(scheme, "//Alice//stash"), scheme);
    assert.ok(seed !== undefined);
    assert.equal(
      expectOk(pairFromUri(scheme, bytesToHex(seed)), scheme).publicKey,
      expectOk(pairFromUri(scheme, "//Alice//stash"), scheme).publicKey,
    );
  }
  // As `subkey inspect //Alice` prints it.
  assert.equal(
    bytesToHex(expectOk(secretSeed("sr25519", "//Alice"), "Alice") ?? new Uint8Array()),
    "0xe5be9a5092b81bca64be81d212e7f2f9eba183bb7a90954f7b76361f6edb5c0a",
  );
  assert.equal(expectOk(secretSeed("sr25519", "//Alice/soft"), "soft"), undefined);
  assert.equal(secretSeed("ed25519", "//Alice/soft").ok, false);
});
