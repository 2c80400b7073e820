import assert from "node:assert/strict";
import { test } from "node:test";
import { bytesToHex, hexToBytes } from "@parahost/base";
import { sr25519Verify } from "@parahost/crypto";
import { asHash, mortalEra } from "@parahost/primitives";
import { encode } from "@parahost/scale";
import { GenericExtrinsicPayload, TypeRegistry } from "@polkadot/types";
import { RuntimeCall } from "../framework/index.ts";
import { RUNTIME_VERSION } from "../version.ts";
import "../runtime.ts";
import { accountOfUri, pairOf, remark } from "../testing/transactions.ts";
import { decodeExtrinsic, signingPayload } from "./extrinsic.ts";
import { birthBlock, signExtrinsic } from "./sign.ts";

const genesisHash = asHash(`0x${"11".repeat(32)}`);
const birthHash = asHash(`0x${"22".repeat(32)}`);

const EXTENSIONS = [
  "CheckNonZeroSender",
  "CheckSpecVersion",
  "CheckTxVersion",
  "CheckGenesis",
  "CheckMortality",
  "CheckNonce",
  "CheckWeight",
  "ChargeTransactionPayment",
  "CheckMetadataHash",
];

/** What a client made by others would sign for the same call. */
function payloadOfOthers(encodedCall: Uint8Array, nonce: number, tip: bigint): string {
  const registry = new TypeRegistry();
  registry.setSignedExtensions(EXTENSIONS);
  const { specVersion, transactionVersion } = RUNTIME_VERSION;
  const payload = new GenericExtrinsicPayload(
    registry,
    {
      method: bytesToHex(encodedCall),
      era: registry.createType("ExtrinsicEra", { current: 1234, period: 64 }),
      nonce,
      tip,
      specVersion,
      transactionVersion,
      genesisHash,
      blockHash: birthHash,
      mode: 0,
    },
    { version: 4 },
  );
  return bytesToHex(payload.toU8a({ method: true }));
}

test("what is signed is what other clients sign", () => {
  const pair = pairOf("//Alice");
  const mortality = { period: 64, blockNumber: 1234, birthHash };
  const options = { genesisHash, nonce: 300, tip: 1_000_000_000_000n, mortality };
  const decoded = decodeExtrinsic(signExtrinsic(pair, remark(3), options));
  assert.ok(decoded.ok && decoded.value.type === "signed");
  const { encodedCall, encodedExtra, signature } = decoded.value;
  const payload = signingPayload(encodedCall, encodedExtra, {
    specVersion: RUNTIME_VERSION.specVersion,
    transactionVersion: RUNTIME_VERSION.transactionVersion,
    genesisHash,
    birthHash,
    metadataHash: undefined,
  });
  assert.equal(bytesToHex(payload), payloadOfOthers(encodedCall, 300, 1_000_000_000_000n));
  assert.ok(sr25519Verify(pair.publicKey, payload, signature.value));
});

test("a payload above 256 bytes is signed by its hash", () => {
  const implicit = {
    specVersion: 1,
    transactionVersion: 1,
    genesisHash,
    birthHash,
    metadataHash: undefined,
  };
  // 73 bytes of implicit data follow the call.
  assert.equal(signingPayload(new Uint8Array(183), new Uint8Array(), implicit).length, 256);
  assert.equal(signingPayload(new Uint8Array(184), new Uint8Array(), implicit).length, 32);
});

test("a transaction decodes to what was signed", () => {
  const extrinsic = signExtrinsic(pairOf("//Bob"), remark(2), { genesisHash, nonce: 5 });
  const decoded = decodeExtrinsic(extrinsic);
  assert.ok(decoded.ok && decoded.value.type === "signed");
  assert.deepEqual(decoded.value.address, { type: "id", value: accountOfUri("//Bob") });
  assert.deepEqual(decoded.value.extra, {
    era: { type: "immortal" },
    nonce: 5,
    tip: 0n,
    metadataHash: { type: "disabled" },
  });
  assert.deepEqual(decoded.value.call, remark(2));
});

test("the birth block is the last one at the era's phase", () => {
  assert.equal(birthBlock(64, 1234), 1234);
  assert.equal(birthBlock(4, 5), 5);
  const era = mortalEra(65_536, 100_001);
  assert.ok(era.type === "mortal");
  assert.equal(birthBlock(65_536, 100_001), 100_000);
});

test("calls are encoded as pallet index, call index, arguments", () => {
  const dest = accountOfUri("//Bob");
  const call = {
    type: "balances",
    value: {
      type: "transferKeepAlive",
      value: { dest: { type: "id", value: dest }, value: 1n },
    },
  };
  const expected = `0x050300${dest.slice(2)}04`;
  assert.equal(bytesToHex(encode(RuntimeCall, call)), expected);
  assert.deepEqual(RuntimeCallBytes("0x0000047b"), {
    type: "system",
    value: { type: "remark", value: { remark: new Uint8Array([0x7b]) } },
  });
});

const RuntimeCallBytes = (hex: string) => {
  const decoded = decodeExtrinsic(new Uint8Array([4, ...hexToBytes(hex)]));
  return decoded.ok ? decoded.value.call : decoded.error;
};
