import { KeyOwnershipProof } from "@parahost/primitives";
import { bytes, type Codec, opaque } from "@parahost/scale";

/** A proof of whose a key is: bytes to those who pass it on. `path` is where clients know it from. */
export const opaqueProof = (path: readonly string[]): Codec<KeyOwnershipProof> => ({
  ...opaque(KeyOwnershipProof),
  type: {
    kind: "composite",
    path: [...path, "OpaqueKeyOwnershipProof"],
    fields: [{ type: bytes().type }],
  },
});
