/**
 * Between collators and validators: who collates for which para, what there is to fetch, and what was
 * seconded. Node-side reference, 3.2.
 */
import { asciiBytes, assert, concatBytes } from "@parahost/base";
import {
  CandidateHash,
  CollatorId,
  CollatorSignature,
  Hash,
  ParaId,
  SignedStatement,
} from "@parahost/primitives";
import { struct, type ValueOf, variant } from "@parahost/scale";
import { peerIdBytes } from "../peer-id.ts";
import type { PeerId } from "../port.ts";
import { wireMessage } from "./peer-set.ts";

export const Declare = struct({
  collatorId: CollatorId,
  paraId: ParaId,
  /** Over the peer's own id, so that nobody can declare with another's key. */
  signature: CollatorSignature,
});
export type Declare = ValueOf<typeof Declare>;

export const AdvertiseCollation = struct({
  relayParent: Hash,
  candidateHash: CandidateHash,
  parentHeadDataHash: Hash,
});
export type AdvertiseCollation = ValueOf<typeof AdvertiseCollation>;

export const CollationSeconded = struct({ relayParent: Hash, statement: SignedStatement });
export type CollationSeconded = ValueOf<typeof CollationSeconded>;

export const CollatorProtocolMessage = variant({
  declare: [0, Declare],
  advertiseCollation: [1, AdvertiseCollation],
  collationSeconded: [4, CollationSeconded],
});
export type CollatorProtocolMessage = ValueOf<typeof CollatorProtocolMessage>;

export const CollationProtocol = variant({ collatorProtocol: [0, CollatorProtocolMessage] });
export type CollationProtocol = ValueOf<typeof CollationProtocol>;

export const CollationWireMessage = wireMessage(CollationProtocol);
export type CollationWireMessage = ValueOf<typeof CollationWireMessage>;

/** What a collator signs to declare itself: the bytes of its peer id and a domain separator. */
export function declarePayload(peer: PeerId): Uint8Array {
  const bytes = peerIdBytes(peer);
  assert(bytes !== undefined, "peers are named by their identity keys");
  return concatBytes(bytes, asciiBytes("COLL"));
}
