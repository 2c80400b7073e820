/**
 * The relay chain's own metadata, from its pallets' declarations. Only the values of constants depend on the state,
 * since networks may differ in them.
 *
 * Reference: json-rpc-and-metadata.md 8.
 */
import { bytesToHex, LruMap } from "@parahost/base";
import { encode } from "@parahost/scale";
import type { Pallet, State } from "../framework/index.ts";
import { PALLETS, RuntimeCall, RuntimeEvent } from "../runtime.ts";
import { API_VERSIONS, type ApiName } from "../version.ts";
import {
  type ConstantValues,
  describeRuntime,
  METADATA_VERSIONS,
  type MetadataVersion,
  metadataOf,
  type PalletSource,
  type RuntimeDescription,
} from "./describe.ts";
import { Metadata } from "./layout.ts";
import { RUNTIME_APIS } from "./runtime-apis.ts";

const pallets = PALLETS as unknown as readonly Pallet[];

let described: RuntimeDescription | undefined;

function description(): RuntimeDescription {
  described ??= describeRuntime({
    crate: "parahost_runtime",
    pallets: pallets.map(sourceOf),
    call: RuntimeCall.type,
    event: RuntimeEvent.type,
    apis: Object.fromEntries(
      Object.entries(RUNTIME_APIS).map(([name, { docs, methods }]) => [
        name,
        { version: API_VERSIONS[name as ApiName], docs, methods },
      ]),
    ),
  });
  return described;
}

const sourceOf = (pallet: Pallet): PalletSource => ({
  ...pallet,
  calls: pallet.callCodec?.type,
  events: pallet.events?.codec.type,
  errors: pallet.errors.map((name, index) => ({ name, index })),
});

function constantValues(state: State): ConstantValues {
  return pallets.map(({ constants }) =>
    Object.values(constants).map(({ codec, value }) => encode(codec, value(state))),
  );
}

/** The metadata of this version, with the constants of the network whose state this is. */
export const runtimeMetadata = (state: State, version: MetadataVersion): Metadata =>
  metadataOf(description(), version, constantValues(state));

/** Encoded metadata of the networks that were asked about, by version and values of constants. */
const encoded = new LruMap<string, Uint8Array>(12);

/** As `runtimeMetadata`, encoded, for any version: `undefined` for one that there is not. */
export function encodedMetadata(state: State, version: number): Uint8Array | undefined {
  const known = METADATA_VERSIONS.find((candidate) => candidate === version);
  if (known === undefined) return undefined;
  const values = constantValues(state);
  const key = `${known} ${values.map((of) => of.map(bytesToHex).join()).join(";")}`;
  const found = encoded.get(key);
  if (found !== undefined) return found;
  const bytes = encode(Metadata, metadataOf(description(), known, values));
  encoded.set(key, bytes);
  return bytes;
}
