/** A client that knows the chain by its metadata alone: what it signs is taken, what fails it explains. */
import assert from "node:assert/strict";
import { before, test } from "node:test";
import { bytesToHex, type Hex } from "@parahost/base";
import { asAccountId, headerHash, OpaqueExtrinsic } from "@parahost/primitives";
import { decode } from "@parahost/scale";
import { Keyring } from "@polkadot/keyring";
import { GenericExtrinsic, Metadata, TypeRegistry } from "@polkadot/types";
import type { DispatchErrorModule } from "@polkadot/types/interfaces";
import { cryptoWaitReady } from "@polkadot/util-crypto";
import { accountInfo, eventsOf } from "../runtime-api.ts";
import { TestChain } from "../testing/chain.ts";
import { accountOfUri, remark, signedBy, sudo, transferTo } from "../testing/transactions.ts";
import { RUNTIME_VERSION } from "../version.ts";
import { encodedMetadata } from "./index.ts";

before(() => cryptoWaitReady());

function clientOf(chain: TestChain): TypeRegistry {
  const registry = new TypeRegistry();
  const bytes = encodedMetadata(chain.state, 14) ?? new Uint8Array();
  registry.setMetadata(new Metadata(registry, bytesToHex(bytes)));
  return registry;
}

/** A transfer to //Bob, made and signed by polkadot.js. */
function signedByClient(
  chain: TestChain,
  scheme: "sr25519" | "ed25519" | "ecdsa",
  mortal: boolean,
): { readonly extrinsic: Uint8Array; readonly signer: Hex } {
  const registry = clientOf(chain);
  const pair = new Keyring({ type: scheme }).addFromUri("//Alice");
  const signer = bytesToHex(pair.addressRaw);
  const call = registry.createType("Call", {
    callIndex: new Uint8Array([5, 3]),
    args: { dest: { Id: accountOfUri("//Bob") }, value: 20_000_000_000n },
  });
  const current = chain.head.number;
  const era = mortal
    ? registry.createType("ExtrinsicEra", { current, period: 64 })
    : registry.createType("ExtrinsicEra");
  const extrinsic = new GenericExtrinsic(registry, call, { version: 4 });
  extrinsic.sign(pair, {
    blockHash: mortal ? headerHash(chain.head) : chain.genesisHash,
    genesisHash: chain.genesisHash,
    era,
    nonce: accountInfo(chain.state, asAccountId(signer)).nonce,
    runtimeVersion: {
      specVersion: RUNTIME_VERSION.specVersion,
      transactionVersion: RUNTIME_VERSION.transactionVersion,
    } as never,
  });
  return { extrinsic: decode(OpaqueExtrinsic, extrinsic.toU8a()), signer };
}

for (const scheme of ["sr25519", "ed25519", "ecdsa"] as const)
  for (const mortal of [false, true])
    test(`a client's ${mortal ? "mortal" : "immortal"} ${scheme} transaction is taken`, () => {
      const chain = new TestChain();
      chain.add();
      const { signer } = signedByClient(chain, scheme, mortal);
      const fund = signedBy(chain, "//Bob", transferTo(asAccountId(signer), 1_000_000_000_000n));
      chain.add({ extrinsics: [fund] });
      const { extrinsic } = signedByClient(chain, scheme, mortal);
      chain.add({ extrinsics: [extrinsic] });
      assert.equal(accountInfo(chain.state, asAccountId(signer)).nonce, 1);
      assert.ok(eventsOf(chain.state).some(({ event }) => event.value.type === "extrinsicSuccess"));
    });

test("a client finds the name of a failed call's error", () => {
  const chain = new TestChain();
  chain.add();
  chain.add({ extrinsics: [signedBy(chain, "//Bob", sudo(remark()))] });
  const registry = clientOf(chain);
  const record = eventsOf(chain.state).find(({ event }) => event.value.type === "extrinsicFailed");
  assert.ok(record !== undefined, "only the sudo key may");
  const { dispatchError } = record.event.value.value as unknown as {
    dispatchError: { value: { index: number; error: Uint8Array } };
  };
  const { index, error } = dispatchError.value;
  const failure = { index, error: bytesToHex(error) };
  const found = registry.findMetaError(
    registry.createType<DispatchErrorModule>("DispatchErrorModule", failure),
  );
  assert.equal(`${found.section}.${found.name}`, "sudo.RequireSudo");
});
