/** Finding the parachains inherent's argument inside an extrinsic of a recorded block. */
import { hexToBytes } from "@parahost/base";

/** The call's argument: behind the length prefix, the version, and the two bytes of the call. */
export function parachainsInherentBytes(extrinsicHex: string): Uint8Array {
  const extrinsic = hexToBytes(extrinsicHex);
  const mode = (extrinsic[0] ?? 0) & 3;
  const prefixLength = mode === 0 ? 1 : mode === 1 ? 2 : 4;
  return extrinsic.subarray(prefixLength + 3);
}
