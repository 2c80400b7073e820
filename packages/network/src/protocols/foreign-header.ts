/**
 * Headers and justifications from peers, with the bounds that ours need not state: a list of
 * one-byte digest items would cost fifty times its size in memory before anybody looks at it.
 */
import { EngineData, Header, type Justifications } from "@parahost/primitives";
import { type Codec, DecodeError, mapped, vec } from "@parahost/scale";

/** A header has about six digest items; a thousand are nobody's. */
export const DIGEST_ITEMS_MAX = 128;
/** One per consensus engine. */
const JUSTIFICATIONS_MAX = 8;

export const ForeignHeader: Codec<Header> = mapped(
  Header,
  (header: Header) => header,
  (header, offset) => {
    const { length } = header.digest;
    if (length > DIGEST_ITEMS_MAX)
      throw new DecodeError("boundExceeded", offset, `${length} digest items`);
    return header;
  },
);

export const ForeignJustifications: Codec<Justifications> = vec(EngineData, JUSTIFICATIONS_MAX);
