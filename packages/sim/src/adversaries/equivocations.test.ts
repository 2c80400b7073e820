/** An author whose key signs twice: everybody sees it, one report is included, and the author is out. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { assert as ensure, expectOk, hexToBytes } from "@parahost/base";
import { sr25519PairFromUri, sr25519Sign, sr25519Verify } from "@parahost/crypto";
import { BlockAnnounce, encodeBlockResponse } from "@parahost/network";
import {
  BABE_ENGINE_ID,
  type Header,
  headerHash,
  type ValidatorIndex,
  ZERO_HASH,
} from "@parahost/primitives";
import { developmentUri, runtimeApi } from "@parahost/runtime";
import { encode } from "@parahost/scale";
import { Stranger } from "./stranger.ts";
import { WatchedNetwork } from "./watch.ts";

const pairOf = (uri: string) => expectOk(sr25519PairFromUri(uri), "a well-known key");

/** Which of the four sealed the block. */
function authorOf({ digest, ...rest }: Header): string {
  const seal = digest.at(-1);
  ensure(seal?.type === "seal", "a block ends with its seal");
  const message = hexToBytes(headerHash({ ...rest, digest: digest.slice(0, -1) }));
  const uri = [0, 1, 2, 3]
    .map(developmentUri)
    .find((each) => sr25519Verify(pairOf(each).publicKey, message, seal.value.data));
  ensure(uri !== undefined, "the author is one of the four");
  return uri;
}

/** The header with another extrinsics root, under a seal of the same author. */
function resealed(real: Header, uri: string): Header {
  const unsealed = { ...real, extrinsicsRoot: ZERO_HASH, digest: real.digest.slice(0, -1) };
  const data = sr25519Sign(pairOf(uri), hexToBytes(headerHash(unsealed)));
  const seal = { type: "seal", value: { engine: BABE_ENGINE_ID, data } } as const;
  return { ...unsealed, digest: [...unsealed.digest, seal] };
}

test("an author of two blocks in one slot is reported, and may not work until the era ends", async () => {
  const network = new WatchedNetwork({ seed: 31, validators: 4, paras: 1 });
  const { simulation } = network;
  const [node] = simulation.validators;
  ensure(node !== undefined, "a network has validators");
  assert.ok(await simulation.runUntilFinalized(2, 20 * simulation.slotMs));
  await network.midSlot();
  const best = node.chain.best();
  const real = node.chain.header(best.hash);
  ensure(real !== undefined, "the best block is kept");
  const state = () => {
    const found = node.states.view(node.chain.best().hash);
    ensure(found !== undefined, "the best block's state is kept");
    return found;
  };
  const disabled = (): readonly ValidatorIndex[] => runtimeApi.disabledValidators(state());
  assert.deepEqual(disabled(), []);

  const uri = authorOf(real);
  const header = resealed(real, uri);
  const stranger = new Stranger(simulation, "accomplice");
  stranger.answers.sync = () =>
    encodeBlockResponse([{ hash: headerHash(header), header, body: [] }], {
      takesManyJustifications: true,
    });
  stranger.connect([simulation.peerOf(0)], ["blockAnnounces"]);
  await simulation.run(500);
  const announce = encode(BlockAnnounce, { header, isBest: true, data: new Uint8Array() });
  assert.ok(stranger.say("blockAnnounces", simulation.peerOf(0), announce));
  await network.logs(/made two blocks in slot \d+: reported/);
  const isOut = () => disabled().length === 1;
  assert.ok(await simulation.runUntil(isOut, 10 * simulation.slotMs), "nobody is disabled");
  // It did not sign the second block itself.
  await network.goesOnAndEnds([], ["A2"]);
});
