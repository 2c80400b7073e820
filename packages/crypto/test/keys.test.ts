/** Vectors `crypto/bip39-substrate.json` and `host-api/phrase-keys.json`: keys from phrases. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { bytesToHex, expectOk, hexToBytes } from "@parahost/base";
import { readVectorJson, skipWithoutVectors } from "../../../test/vectors.ts";
import {
  entropyToPhrase,
  miniSecretFromEntropy,
  pairFromUri,
  phraseToEntropy,
  type SignatureScheme,
  seedFromEntropy,
  sr25519PairFromSeed,
  sr25519PairFromUri,
} from "../src/index.ts";

interface PhraseCase {
  readonly id: string;
  readonly mnemonic: string;
  readonly entropy: string;
  readonly password: string;
  readonly seed_64: string;
  readonly expanded_secret: string;
  readonly mini_secret: string;
  readonly sr25519_public: string;
}

test("phrases give Substrate's seeds and keys", { skip: skipWithoutVectors }, async (t) => {
  const { cases } = readVectorJson<{ readonly cases: readonly PhraseCase[] }>(
    "crypto",
    "bip39-substrate.json",
  );
  for (const it of cases)
    await t.test(it.id, () => {
      const entropy = expectOk(phraseToEntropy(it.mnemonic), it.id);
      assert.equal(bytesToHex(entropy), `0x${it.entropy}`);
      assert.equal(entropyToPhrase(entropy), it.mnemonic);
      assert.equal(bytesToHex(seedFromEntropy(entropy, it.password)), `0x${it.seed_64}`);
      const seed = miniSecretFromEntropy(entropy, it.password);
      assert.equal(bytesToHex(seed), `0x${it.mini_secret}`);
      const pair = sr25519PairFromSeed(seed);
      assert.equal(pair.publicKey, `0x${it.sr25519_public}`);
      assert.equal(bytesToHex(pair.secret), `0x${it.expanded_secret}`);
      const uri = expectOk(sr25519PairFromUri(`${it.mnemonic}///${it.password}`), it.id);
      assert.equal(uri.publicKey, pair.publicKey);
    });
});

interface KeyCase {
  readonly id: string;
  readonly scheme: SignatureScheme;
  readonly phrase: string;
  readonly public: string;
}

test("phrases give the host interface's keys", { skip: skipWithoutVectors }, async (t) => {
  const { cases } = readVectorJson<{ readonly cases: readonly KeyCase[] }>(
    "host-api",
    "phrase-keys.json",
  );
  for (const it of cases)
    await t.test(it.id, () => {
      const pair = expectOk(pairFromUri(it.scheme, it.phrase), it.id);
      assert.deepEqual(hexToBytes(pair.publicKey), hexToBytes(it.public));
    });
});
