import assert from "node:assert/strict";
import { test } from "node:test";
import type { SignatureItem, SignatureVerifier } from "@parahost/crypto";
import { TestChain } from "../testing/chain.ts";
import { remark, signedBy } from "../testing/transactions.ts";
import { bindVerifier } from "./host.ts";

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
    verifyBatch: () => Promise.resolve([]),
  });
  bindVerifier(chain.state, saying(false));
  assert.ok(!chain.execute(block).ok);
  bindVerifier(chain.state, saying(true));
  assert.ok(chain.execute(block).ok);
  assert.equal(seen.length, 2);
});
