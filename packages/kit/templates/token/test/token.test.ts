import assert from "node:assert/strict";
import { join } from "node:path";
import { test } from "node:test";
import { testNetwork } from "@parahost/sim/harness";

const para = join(import.meta.dirname, "..");
const UNIT = 10n ** 12n;

test("holders vote the limit of minting down, and the owner keeps to it", async () => {
  const net = await testNetwork({ seed: 1, para });
  const chain = net.para(1000);
  const mint = { pallet: "Token", call: "mint" };
  const args = {
    to: { type: "id", value: `0x${"42".repeat(32)}` },
    amount: 5n * UNIT,
  };
  assert.equal(await (await chain.send({ ...mint, args })).outcome(), "done");
  const govern = (call: string, callArgs = {}) =>
    chain.send({ pallet: "Governance", call, args: callArgs });
  await govern("bond", { amount: 900n * UNIT });
  await govern("proposeParameter", { subject: { type: "mintLimit" }, value: UNIT });
  const vote = await govern("vote", { proposal: 0, aye: true });
  assert.equal(await vote.outcome(), "done");
  await chain.block(chain.number + 10);
  assert.equal(chain.read("Governance", "mintLimit"), UNIT);
  assert.equal(await (await chain.send({ ...mint, args })).outcome(), "Token.OverLimit");
  await net.stop();
});
