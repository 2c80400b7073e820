/** The compiled parachains of the kit, as `npm ci` (or `npm run build -w @parahost/kit`) leaves them. */

import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { HostError } from "@parahost/base";

const BUILD = new URL("../build/", import.meta.url);

/** Validation code of the adder. Throws `HostError` when it has not been built. */
export const adderCode = (): Uint8Array => artifact("adder");

/** Validation code of the ledger. Throws `HostError` when it has not been built. */
export const ledgerCode = (): Uint8Array => artifact("ledger");

/** Validation code of the template `name`, such as `counter`. Throws `HostError` when it has not been built. */
export const templateCode = (name: string): Uint8Array => artifact(name);

function artifact(name: string): Uint8Array {
  const path = fileURLToPath(new URL(`${name}.wasm`, BUILD));
  try {
    return new Uint8Array(readFileSync(path));
  } catch (cause) {
    throw new HostError("notBuilt", {
      message: `${path} is missing: npm run build -w @parahost/kit`,
      cause,
    });
  }
}
