/** Headers and parachain inherents of real relay chain blocks. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { bytesToHex, hexToBytes } from "@parahost/base";
import {
  candidateHash,
  Header,
  headerHash,
  ParachainsInherentData,
  paraHeadHash,
} from "@parahost/primitives";
import { countOnes, decode, encode } from "@parahost/scale";
import { readVectorJson, skipWithoutVectors } from "../../../test/vectors.ts";
import { parachainsInherentBytes } from "./inherent-bytes.ts";

interface HeaderCase {
  readonly number: number;
  readonly hash: string;
  readonly header: string;
}

function checkHeader({ number, hash, header: hex }: HeaderCase): Header {
  const header = decode(Header, hexToBytes(hex));
  assert.equal(header.number, number);
  assert.equal(headerHash(header), `0x${hash}`);
  assert.equal(bytesToHex(encode(Header, header)), `0x${hex}`);
  return header;
}

test("headers of Westend 1 to 154 hash to their block hashes", { skip: skipWithoutVectors }, () => {
  const { blocks } = readVectorJson<{ blocks: HeaderCase[] }>("blocks", "westend-1-154.json.gz");
  assert.equal(blocks.length, 154);
  let parent: Header | undefined;
  for (const block of blocks) {
    const header = checkHeader(block);
    if (parent !== undefined) assert.equal(header.parentHash, headerHash(parent));
    parent = header;
  }
});

test("headers of single blocks of three chains hash to their block hashes", {
  skip: skipWithoutVectors,
}, () => {
  for (const block of readVectorJson<HeaderCase[]>("blocks", "single-blocks.json"))
    checkHeader(block);
});

interface InherentCase extends HeaderCase {
  readonly body: readonly string[];
  readonly parachains_inherent: {
    readonly extrinsic_index: number;
    readonly n_bitfields: number;
    readonly bits_per_bitfield: readonly number[];
    readonly bits_set_total: number;
    readonly validator_indices_sum: number;
    readonly n_candidates: number;
    readonly candidates: readonly {
      readonly para_id: number;
      readonly relay_parent: string;
      readonly pov_hash: string;
      readonly erasure_root: string;
      readonly para_head_hash: string;
      readonly validation_code_hash: string;
      readonly candidate_hash: string;
      readonly head_data_len: number;
      readonly ump: number;
      readonly hrmp: number;
      readonly votes: readonly number[];
      readonly validator_bits: number;
      readonly votes_set: number;
    }[];
    readonly n_dispute_sets: number;
    readonly parent_header_hash: string;
  };
}

test("parachain inherents of real blocks decode to their published contents and encode back", {
  skip: skipWithoutVectors,
}, () => {
  for (const block of readVectorJson<InherentCase[]>(
    "blocks",
    "relay-with-parachains-inherent.json",
  )) {
    checkHeader(block);
    const expected = block.parachains_inherent;
    const payload = parachainsInherentBytes(block.body[expected.extrinsic_index] ?? "");
    const data = decode(ParachainsInherentData, payload);
    assert.deepEqual(encode(ParachainsInherentData, data), payload);

    assert.equal(data.bitfields.length, expected.n_bitfields);
    assert.deepEqual(
      [...new Set(data.bitfields.map(({ payload: bits }) => bits.length))],
      expected.bits_per_bitfield,
    );
    const bitsSet = data.bitfields.reduce((sum, { payload: bits }) => sum + countOnes(bits), 0);
    assert.equal(bitsSet, expected.bits_set_total);
    const indices = data.bitfields.reduce((sum, { validatorIndex }) => sum + validatorIndex, 0);
    assert.equal(indices, expected.validator_indices_sum);
    assert.equal(data.disputes.length, expected.n_dispute_sets);
    assert.equal(headerHash(data.parentHeader), `0x${expected.parent_header_hash}`);

    assert.equal(data.backedCandidates.length, expected.n_candidates);
    data.backedCandidates.forEach(({ candidate, validityVotes, validatorIndices }, i) => {
      const known = expected.candidates[i];
      assert.ok(known !== undefined);
      const { descriptor, commitments } = candidate;
      assert.equal(descriptor.paraId, known.para_id);
      assert.equal(descriptor.relayParent, `0x${known.relay_parent}`);
      assert.equal(descriptor.povHash, `0x${known.pov_hash}`);
      assert.equal(descriptor.erasureRoot, `0x${known.erasure_root}`);
      assert.equal(descriptor.paraHead, `0x${known.para_head_hash}`);
      assert.equal(descriptor.validationCodeHash, `0x${known.validation_code_hash}`);
      assert.equal(candidateHash(candidate), `0x${known.candidate_hash}`);
      assert.equal(paraHeadHash(commitments.headData), descriptor.paraHead);
      assert.equal(commitments.headData.length, known.head_data_len);
      assert.equal(commitments.upwardMessages.length, known.ump);
      assert.equal(commitments.horizontalMessages.length, known.hrmp);
      const tags = validityVotes.map(({ type }) => (type === "implicit" ? 1 : 2));
      assert.deepEqual(tags, known.votes);
      assert.equal(validatorIndices.length, known.validator_bits);
      assert.equal(countOnes(validatorIndices), known.votes_set);
    });
  }
});
