import assert from "node:assert/strict";
import { test } from "node:test";
import { HostError } from "@parahost/base";
import { type KeyFormat, phraseText, publicText, uriText } from "./key-text.ts";

const TEXT: KeyFormat = {
  scheme: "sr25519",
  network: { name: "substrate", prefix: 42 },
  isJson: false,
};
const PHRASE = "bottom drive obey lake curtain smoke basket hold race lonely fit walk";

// As `subkey inspect` prints them.

test("a phrase", () => {
  assert.equal(
    phraseText(PHRASE, TEXT),
    [
      `Secret phrase:       ${PHRASE}`,
      "  Network ID:        substrate",
      "  Secret seed:       0xfac7959dbfe72f052e5a0c3c8d6530f202b02fd8f9f5ca3580ec8deb7797479e",
      "  Public key (hex):  0x46ebddef8cd9bb167dc30878d7113b7e168e6f0646beffd77d69d39bad76b47a",
      "  Account ID:        0x46ebddef8cd9bb167dc30878d7113b7e168e6f0646beffd77d69d39bad76b47a",
      "  Public key (SS58): 5DfhGyQdFobKM8NsWvEeAKk5EQQgYe9AydgJ7rMB6E1EqRzV",
      "  SS58 Address:      5DfhGyQdFobKM8NsWvEeAKk5EQQgYe9AydgJ7rMB6E1EqRzV",
    ].join("\n"),
  );
});

test("a URI, on another network", () => {
  const lines = uriText("//Alice", { ...TEXT, network: { name: "polkadot", prefix: 0 } }).split(
    "\n",
  );
  assert.equal(lines[0], "Secret Key URI `//Alice` is account:");
  assert.equal(lines[1], "  Network ID:        polkadot");
  assert.equal(lines[6], "  SS58 Address:      15oF4uVJwmo4TdGW7VfQxNLavjCXviqxT9S1MgbjMNHr6Sp5");
  assert.match(uriText("//Alice/soft", TEXT), /Secret seed: {7}n\/a/);
});

test("a public key, whose labels are wider", () => {
  const alice = "0xd43593c715fdd31c61141abd04a99fd6822c8558854ccde39a5684e7a56da27d";
  const lines = publicText(alice, alice, TEXT).split("\n");
  assert.equal(lines[1], "  Network ID/Version: substrate");
  assert.equal(lines[2], `  Public key (hex):   ${alice}`);
});

test("JSON, and the account of an ECDSA key", () => {
  const shown = JSON.parse(uriText("//Alice", { ...TEXT, scheme: "ecdsa", isJson: true }));
  assert.deepEqual(Object.keys(shown), [
    ...["secretKeyUri", "networkId", "secretSeed", "publicKey"],
    ...["accountId", "ss58PublicKey", "ss58Address"],
  ]);
  assert.equal(
    shown.publicKey,
    "0x020a1091341fe5664bfa1782d5e04779689068c916b04cb365ec3153755684d9a1",
  );
  assert.notEqual(shown.ss58Address, shown.ss58PublicKey);
});

test("what is no secret is refused without being repeated", () => {
  assert.throws(
    () => uriText(`${PHRASE} walk`, TEXT),
    (error) =>
      error instanceof HostError &&
      error.code === "badSecretUri" &&
      !error.message.includes("walk"),
  );
  assert.throws(() => uriText("//Alice/soft", { ...TEXT, scheme: "ed25519" }), /hard junctions/);
});
