/**
 * The author's side of the parachain inherent.
 *
 * Guide: node/utility/provisioner.md. Reference: 4.6 (create_inherent).
 */
import { assert } from "@parahost/base";
import { headerHash, type ParachainsInherentData } from "@parahost/primitives";
import type { State } from "../../framework/index.ts";
import { parentHash } from "../../pallets/system/block.ts";
import { discarding } from "../discarding.ts";
import { processInherentData } from "./paras-inherent.ts";

/**
 * The inherent of the block being built, from what the node has gathered: only what an importer will
 * accept. Should it not accept even that, an inherent without anything: bad data must not keep an
 * author from its block. Leaves the state as it is.
 */
export function createInherent(state: State, data: ParachainsInherentData): ParachainsInherentData {
  assert(
    headerHash(data.parentHeader) === parentHash(state),
    "the node knows the parent of the block that it builds",
  );
  const good = discarding(state, () => processInherentData(state, data, "author"));
  if (good.ok && discarding(state, () => processInherentData(state, good.value, "import")).ok)
    return good.value;
  return { ...data, bitfields: [], backedCandidates: [], disputes: [] };
}
