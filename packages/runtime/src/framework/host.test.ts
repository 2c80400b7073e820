import assert from "node:assert/strict";
import { test } from "node:test";
import type { SignatureItem, SignatureVerifier } from "@parahost/crypto";
import { TestChain } from "../testing/chain.ts";
import { remark, signedBy } from "../testing/transactions.ts";
import { bindVerifier, verifyTogether } from "./host.ts";

test("signatures of a block are checked by the verifier bound to its state", () => {
  const chain = new TestChain();
  chain.add();
  const block = chain.build({ extrinsics: [signedBy(chain, "//Alice", remark())] });
  const seen: SignatureItem[] = [];
  const saying = (answer: boolean): SignatureVerifier => ({
    verify: (item) => {
      seen.push(item);
      return answer;
    },
    verifyAll: () => [],
    verifyBatch: () => Promise.resolve([]),
  });
  bindVerifier(chain.state, saying(false));
  assert.ok(!chain.execute(block).ok);
  bindVerifier(chain.state, saying(true));
  assert.ok(chain.execute(block).ok);
  assert.equal(seen.length, 2);
});

test("signatures of one check are verified together, and one by one to find the bad one", () => {
  const chain = new TestChain();
  const calls: string[] = [];
  const isGood = ({ message }: SignatureItem): boolean => message[0] !== 0;
  bindVerifier(chain.state, {
    verify: (item) => {
      calls.push("one");
      return isGood(item);
    },
    verifyAll: (items) => {
      calls.push(`all ${items.length}`);
      return items.map(isGood);
    },
    verifyBatch: (items) => Promise.resolve(items.map(isGood)),
  });
  const firstBad = (messages: readonly number[]): number =>
    verifyTogether(chain.state, (verify) =>
      messages.findIndex(
        (byte) =>
          !verify({
            scheme: "sr25519",
            publicKey: "0x",
            message: new Uint8Array([byte]),
            signature: new Uint8Array(),
          }),
      ),
    );
  assert.equal(firstBad([1, 2, 3]), -1);
  assert.deepEqual(calls.splice(0), ["all 3"]);
  assert.equal(firstBad([1, 0, 3]), 1);
  assert.deepEqual(calls, ["all 3", "one", "one"]);
});
