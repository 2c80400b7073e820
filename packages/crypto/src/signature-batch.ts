/**
 * A batch of claims as one stretch of bytes, to be moved between threads. Claims are often views of
 * larger buffers (a block, a network frame), which copying them one by one would copy whole.
 *
 * Per claim: scheme (1 byte), lengths of key (1), signature (1) and message (4, little-endian), then
 * the three. A claim whose key or signature is longer than 255 bytes does not fit, and is false anyway.
 */
import { assert, bytesToHex, hexToBytes } from "@parahost/base";
import type { SignatureScheme } from "./key-pair.ts";
import type { SignatureItem } from "./verifier.ts";

const SCHEMES: readonly SignatureScheme[] = ["sr25519", "ed25519", "ecdsa"];
const HEAD_BYTES = 7;
const SHORT_LENGTH_MAX = 255;

/** Whether a claim can be part of a packed batch. */
export const isPackable = ({ publicKey, signature }: SignatureItem): boolean =>
  publicKey.length <= 2 + 2 * SHORT_LENGTH_MAX && signature.length <= SHORT_LENGTH_MAX;

/** Bytes of their own, so that the buffer may be transferred. */
export function packBatch(items: readonly SignatureItem[]): Uint8Array<ArrayBuffer> {
  let length = 0;
  for (const { publicKey, signature, message } of items)
    length += HEAD_BYTES + (publicKey.length - 2) / 2 + signature.length + message.length;
  const packed = new Uint8Array(length);
  const view = new DataView(packed.buffer);
  let at = 0;
  for (const item of items) {
    assert(isPackable(item), "a claim too long to be true");
    const key = hexToBytes(item.publicKey);
    packed[at] = SCHEMES.indexOf(item.scheme);
    packed[at + 1] = key.length;
    packed[at + 2] = item.signature.length;
    view.setUint32(at + 3, item.message.length, true);
    at += HEAD_BYTES;
    for (const part of [key, item.signature, item.message]) {
      packed.set(part, at);
      at += part.length;
    }
  }
  return packed;
}

/** The claims of a packed batch, as views of it. Only ever reads what `packBatch` wrote. */
export function unpackBatch(packed: Uint8Array): SignatureItem[] {
  const view = new DataView(packed.buffer, packed.byteOffset, packed.byteLength);
  const items: SignatureItem[] = [];
  let at = 0;
  const take = (length: number): Uint8Array => {
    at += length;
    return packed.subarray(at - length, at);
  };
  while (at < packed.length) {
    const [scheme = 0, keyLength = 0, signatureLength = 0] = packed.subarray(at, at + 3);
    const messageLength = view.getUint32(at + 3, true);
    at += HEAD_BYTES;
    items.push({
      scheme: SCHEMES[scheme] as SignatureScheme,
      publicKey: bytesToHex(take(keyLength)),
      signature: take(signatureLength),
      message: take(messageLength),
    });
  }
  return items;
}
