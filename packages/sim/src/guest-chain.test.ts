/** A chain of the kit on real validators: declared in TypeScript, built and validated by one Wasm. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { assert as ensure, expectOk } from "@parahost/base";
import { pairFromUri } from "@parahost/crypto";
import { encodeCall, signTransaction } from "@parahost/kit/schema";
import { chain as counter } from "@parahost/kit/templates/counter";
import { asParaId, Header, headerHash } from "@parahost/primitives";
import { decode } from "@parahost/scale";
import { Observer } from "./observer/observer.ts";
import { planPara } from "./para-plan.ts";
import { Simulation } from "./simulation.ts";

const PARA = asParaId(1000);

test("a declared chain produces, takes transactions, and is final with the relay chain", async () => {
  const simulation = new Simulation({
    seed: 11,
    validators: 4,
    paras: [planPara(PARA, "counter"), planPara(asParaId(1001), "ledger")],
  });
  const observer = new Observer(simulation);
  const para = simulation.collators.find(({ plan }) => plan.id === PARA)?.para;
  ensure(para !== undefined, "the counter has a collator");
  const alice = expectOk(pairFromUri("sr25519", "//Alice"), "alice");
  const genesis = headerHash(decode(Header, para.head("finalized").head));
  for (const nonce of [0, 1, 2])
    expectOk(
      para.submit(
        signTransaction(
          counter,
          alice,
          encodeCall(counter, { pallet: "Counter", call: "increment", args: { by: 7 } }),
          { genesisHash: genesis, nonce },
        ),
      ),
      `transaction ${nonce}`,
    );
  assert.ok(await simulation.runUntilFinalized(8, 120_000));
  const account = expectOk(para.account(alice.publicKey, "finalized"), "alice");
  const { number } = para.head("finalized");
  await simulation.stop();
  assert.deepEqual(observer.violations, [], observer.report().join("\n"));
  assert.equal(account.nonce, 3);
  assert.ok(number !== undefined && number >= 5, `block ${number} is final`);
});
