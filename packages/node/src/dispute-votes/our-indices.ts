/** The validators of a session that we are. */
import type { Keystore } from "@parahost/crypto";
import type { SessionInfo, ValidatorIndex } from "@parahost/primitives";

/** Whose keys we hold; keys of sessions past stay in the keystore, and so does the duty to vote. */
export function ourIndices(keystore: Keystore, info: SessionInfo): readonly ValidatorIndex[] {
  return info.validators.flatMap((key, index) =>
    keystore.has("para", key) ? [index as ValidatorIndex] : [],
  );
}
