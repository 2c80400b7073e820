/**
 * Runtime functions are called by strangers, with whatever bytes: each call ends in an answer or in a reason, and
 * the state stays as it is.
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import { bytesToHex, concatBytes, hexToBytes, u32Bytes } from "@parahost/base";
import { KEY_TYPES } from "@parahost/crypto";
import {
  asParaId,
  Block,
  ChaChaStream,
  encodeExtrinsic,
  Header,
  headerHash,
} from "@parahost/primitives";
import { DecodeError, encode, Reader } from "@parahost/scale";
import { type AnyCodec, snakeCase } from "../framework/index.ts";
import { TestChain } from "../testing/chain.ts";
import { accountOfUri, remark, signedBy, transferTo } from "../testing/transactions.ts";
import { callRuntimeApi } from "./index.ts";
import { RUNTIME_APIS } from "./runtime-apis.ts";

/** Building metadata is costly, and takes no arguments worth guessing. */
const EXCEPT = ["Metadata_metadata", "Metadata_metadata_at_version"];

function setting() {
  const chain = new TestChain({
    paras: [1000, 2000].map((id) => ({
      id: asParaId(id),
      head: new Uint8Array([1]),
      code: new Uint8Array(20).fill(id & 0xff),
      kind: id === 1000 ? ("parachain" as const) : ("parathread" as const),
    })),
    configuration: { parathreadCores: 1 },
  });
  chain.addMany(3);
  const alice = accountOfUri("//Alice");
  const extrinsic = signedBy(chain, "//Alice", transferTo(alice, 5n));
  const block = chain.build({ extrinsics: [extrinsic] });
  const other = { ...block, header: { ...block.header, number: 1 } };
  const parts: readonly Uint8Array[] = [
    encode(Block, block),
    encode(Block, other),
    encode(Header, block.header),
    encode(Header, chain.head),
    encodeExtrinsic(extrinsic),
    encodeExtrinsic(signedBy(chain, "//Nobody", remark(40))),
    hexToBytes(alice),
    hexToBytes(headerHash(chain.head)),
    ...[0, 1, 3, 1000, 2000, 9, 0xffff_ffff].map(u32Bytes),
    ...[0, 1, 2, 4, 0xff].map((byte) => new Uint8Array([byte])),
  ];
  return { chain, parts };
}

function someBytes(parts: readonly Uint8Array[], chance: ChaChaStream): Uint8Array {
  const chosen = Array.from(
    { length: 1 + chance.below(6) },
    () => parts[chance.below(parts.length)] as Uint8Array,
  );
  const bytes = concatBytes(...chosen);
  if (chance.below(3) === 0) bytes[chance.below(bytes.length)] = chance.below(256);
  return bytes;
}

/** Bytes that mean arguments of the function, if such are found; else just bytes. */
function argumentsOf(
  inputs: AnyCodec,
  parts: readonly Uint8Array[],
  chance: ChaChaStream,
): Uint8Array {
  for (let attempt = 0; attempt < 12; attempt++) {
    const bytes = someBytes(parts, chance);
    const reader = new Reader(bytes);
    try {
      inputs.read(reader);
      return bytes.subarray(0, reader.offset);
    } catch (failure) {
      assert.ok(failure instanceof DecodeError);
    }
  }
  return someBytes(parts, chance);
}

const FUNCTIONS = Object.entries(RUNTIME_APIS).flatMap(([api, { methods }]) =>
  Object.entries(methods).map(
    ([name, { inputs }]) => [`${api}_${snakeCase(name)}`, inputs] as const,
  ),
);

test("every runtime function answers or says why not, whatever the bytes, and changes nothing", () => {
  const { chain, parts } = setting();
  const { state } = chain;
  const root = state.root(1);
  const chance = new ChaChaStream(new Uint8Array(32).fill(9));
  const met = { answered: 0, refused: 0, trapped: 0 };
  for (const [name, inputs] of FUNCTIONS)
    for (let i = 0; i < 30 && !EXCEPT.includes(name); i++) {
      const args = argumentsOf(inputs, parts, chance);
      const outcome = callRuntimeApi(state, headerHash(chain.head), name, args, {
        submit: () => true,
        newKey: (type) => bytesToHex(new Uint8Array(KEY_TYPES[type] === "ecdsa" ? 33 : 32)),
      });
      if (outcome.ok) met.answered += 1;
      else if (outcome.error.code === "trapped") met.trapped += 1;
      else met.refused += 1;
      assert.equal(state.root(1), root, name);
    }
  assert.ok(met.answered > 1_000 && met.refused > 100 && met.trapped > 0, JSON.stringify(met));
  chain.add();
});
