/** Vectors `crypto/sr25519-vrf.json`, and the slot claims in the headers of `babe`. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { asciiBytes, bytesToHex, type Hex, hexToBytes, u32Bytes } from "@parahost/base";
import { readVectorJson, skipWithoutVectors } from "../../../test/vectors.ts";
import { makeBytes, Transcript, vrfVerify } from "../src/index.ts";

const hex = (text: string): Hex => `0x${text}`;

interface MakeBytesCase {
  readonly id: "vrf-make-bytes";
  readonly public: string;
  readonly vrf_input_point: string;
  readonly pre_output: string;
  readonly proof: string;
  readonly make_bytes_context: string;
  readonly make_bytes_16: string;
  readonly valid: boolean;
}

interface AssignmentCase {
  readonly id: string;
  readonly base?: string;
  readonly public: string;
  readonly relay_vrf_story: string;
  readonly sample: number;
  readonly claimed_core: number;
  readonly pre_output: string;
  readonly proof: string;
  readonly valid: boolean;
}

function checkMakeBytes(it: MakeBytesCase): void {
  const transcript = new Transcript("SigningContext");
  transcript.appendMessage("", asciiBytes("yo!"));
  transcript.appendMessage("sign-bytes", asciiBytes("meow"));
  const preOutput = hexToBytes(it.pre_output);
  const value = vrfVerify(hex(it.public), transcript, { preOutput, proof: hexToBytes(it.proof) });
  assert.equal(value !== undefined, it.valid);
  const input = hexToBytes(it.vrf_input_point);
  assert.deepEqual(value, { input, output: preOutput });
  assert.equal(
    bytesToHex(makeBytes({ input, output: preOutput }, it.make_bytes_context, 16)),
    hex(it.make_bytes_16),
  );
}

function checkAssignment(it: AssignmentCase): void {
  const transcript = new Transcript("A&V MOD");
  transcript.appendMessage("RC-VRF", hexToBytes(it.relay_vrf_story));
  transcript.appendMessage("sample", u32Bytes(it.sample));
  const extra = new Transcript("A&V ASSIGNED");
  extra.appendMessage("core", u32Bytes(it.claimed_core));
  const signature = { preOutput: hexToBytes(it.pre_output), proof: hexToBytes(it.proof) };
  assert.equal(vrfVerify(hex(it.public), transcript, signature, extra) !== undefined, it.valid);
}

test("VRF proofs of others verify", { skip: skipWithoutVectors }, async (t) => {
  const { cases } = readVectorJson<{
    readonly cases: readonly (MakeBytesCase | AssignmentCase)[];
  }>("crypto", "sr25519-vrf.json");
  const byId = new Map(cases.map((it) => [it.id, it]));
  for (const it of cases)
    await t.test(it.id, () => {
      if ("make_bytes_16" in it) return checkMakeBytes(it);
      const base = it.base === undefined ? {} : byId.get(it.base);
      checkAssignment({ ...base, ...it });
    });
});

interface HeaderCase {
  readonly id: string;
  readonly header: string;
  readonly pre_digest: {
    readonly kind: 1 | 2 | 3;
    readonly authority: number;
    readonly slot: string;
  };
  readonly epoch: {
    readonly index: string;
    readonly randomness: string;
    readonly authorities: readonly string[];
  };
}

/** Digest item `PreRuntime` of engine `BABE`, up to the claim's bytes. */
const BABE_CLAIM = "0642414245";

test("slot claims of real headers verify", { skip: skipWithoutVectors }, async (t) => {
  const headers = readVectorJson<readonly HeaderCase[]>("babe", "headers.json.gz");
  assert.ok(headers.length > 0);
  for (const it of headers.filter(({ pre_digest }) => pre_digest.kind !== 2))
    await t.test(it.id, () => {
      // Compact length 114, kind, authority u32, slot u64, output, proof.
      const at = it.header.indexOf(`${BABE_CLAIM}b501`) / 2 + 5 + 2 + 1 + 4 + 8;
      const bytes = hexToBytes(it.header);
      const preOutput = bytes.slice(at, at + 32);
      const proof = bytes.slice(at + 32, at + 96);
      const claim = (slot: bigint): Transcript => {
        const transcript = new Transcript("BABE");
        transcript.appendU64("slot number", slot);
        transcript.appendU64("current epoch", BigInt(it.epoch.index));
        transcript.appendMessage("chain randomness", hexToBytes(it.epoch.randomness));
        return transcript;
      };
      const key = hex(it.epoch.authorities[it.pre_digest.authority] ?? "");
      const slot = BigInt(it.pre_digest.slot);
      assert.ok(vrfVerify(key, claim(slot), { preOutput, proof }));
      assert.equal(vrfVerify(key, claim(slot + 1n), { preOutput, proof }), undefined);
    });
});
