import assert from "node:assert/strict";
import { test } from "node:test";
import { asciiBytes, bytesToHex, expectOk } from "@parahost/base";
import {
  entropyToPhrase,
  miniSecretFromEntropy,
  phraseToEntropy,
  seedFromEntropy,
} from "./bip39.ts";
import { ENGLISH_WORDS } from "./bip39-english.ts";
import { sha256 } from "./hash.ts";

const ABANDON = `${"abandon ".repeat(11)}about`;

test("the words are those of the standard's list", () => {
  assert.equal(
    bytesToHex(sha256(asciiBytes(`${ENGLISH_WORDS.join("\n")}\n`))),
    "0x2f5eed53a4727b4bf8880d8f3f199efc90e58503646d9ff8eff3a2ed3b24dbda",
  );
});

test("a phrase gives the seed that substrate-bip39 publishes", () => {
  const entropy = expectOk(phraseToEntropy(ABANDON), "a good phrase");
  assert.deepEqual(entropy, new Uint8Array(16));
  assert.equal(
    bytesToHex(seedFromEntropy(entropy, "Substrate")),
    "0x44e9d125f037ac1d51f0a7d3649689d422c2af8b1ec8e00d71db4d7bf6d127e33f50c3d5c84fa3e5399c72d6cbbbbc4a49bf76f76d952f479d74655a2ef2d453",
  );
  assert.deepEqual(
    miniSecretFromEntropy(entropy, "Substrate"),
    seedFromEntropy(entropy, "Substrate").slice(0, 32),
  );
});

test("entropy of every length survives being words", () => {
  for (const length of [16, 20, 24, 28, 32]) {
    const entropy = Uint8Array.from({ length }, (_, i) => 255 - 7 * i);
    const phrase = entropyToPhrase(entropy);
    assert.equal(phrase.split(" ").length, (length / 4) * 3);
    assert.deepEqual(expectOk(phraseToEntropy(phrase), "our phrase"), entropy);
  }
  assert.throws(() => entropyToPhrase(new Uint8Array(17)));
});

test("spaces around and between words do not matter", () => {
  const spaced = `  ${ABANDON.replaceAll(" ", "\t  ")}\n`;
  assert.deepEqual(expectOk(phraseToEntropy(spaced), "spaced"), new Uint8Array(16));
});

test("a bad phrase is refused with what is wrong and none of its words", () => {
  const error = (phrase: string): unknown => {
    const entropy = phraseToEntropy(phrase);
    return entropy.ok ? undefined : entropy.error;
  };
  for (const count of [0, 1, 9, 11, 13, 27])
    assert.deepEqual(error("abandon ".repeat(count)), { code: "badWordCount", count });
  assert.deepEqual(error(ABANDON.replace("about", "aboot")), { code: "unknownWord", position: 11 });
  assert.deepEqual(error(`${"abandon ".repeat(11)}abandon`), { code: "badChecksum" });
});
