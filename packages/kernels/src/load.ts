/** The compiled kernels, as `npm ci` (or `npm run build -w @parahost/kernels`) leaves them. */

import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { HostError } from "@parahost/base";

const BUILD = new URL("../build/", import.meta.url);

/** Bytes of a compiled kernel. Throws `HostError` when it has not been built. */
export function kernelCode(name: string): Uint8Array<ArrayBuffer> {
  const path = fileURLToPath(new URL(`${name}.wasm`, BUILD));
  try {
    return new Uint8Array(readFileSync(path));
  } catch (cause) {
    throw new HostError("notBuilt", {
      message: `${path} is missing: npm run build -w @parahost/kernels`,
      cause,
    });
  }
}
