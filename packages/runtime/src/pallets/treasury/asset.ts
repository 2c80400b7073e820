/**
 * Assets and beneficiaries as Polkadot's treasury is told them: places in a universe of chains. This treasury has the
 * chain's own currency, and pays accounts of this chain; of Polkadot's types these are the parts that say so.
 */
import { err, ok, type Result } from "@parahost/base";
import { AccountId, Hash } from "@parahost/primitives";
import { option, struct, u8, type ValueOf, variant } from "@parahost/scale";
import type { DispatchError } from "../../framework/index.ts";

/** Names a network; payments are made on this one, which needs no name. */
const NetworkId = variant({ byGenesis: [0, Hash] }, ["xcm", "v4", "junction", "NetworkId"]);

const Junction = variant(
  { accountId32: [1, struct({ network: option(NetworkId), id: AccountId })] },
  ["xcm", "v4", "junction", "Junction"],
);

const Location = struct(
  {
    /** Steps up to where the way begins: none. */
    parents: u8,
    /** The steps down. */
    interior: variant({ here: 0, x1: [1, Junction] }, ["xcm", "v4", "junctions", "Junctions"]),
  },
  ["xcm", "v4", "location", "Location"],
);
type Location = ValueOf<typeof Location>;

/** An asset: the chain that keeps it, and its name there. The two versions are written alike. */
const LocatableAsset = struct({ location: Location, assetId: Location });

export const VersionedLocatableAsset = variant(
  { v4: [4, LocatableAsset], v5: [5, LocatableAsset] },
  ["polkadot_runtime_common", "impls", "VersionedLocatableAsset"],
);
export type VersionedLocatableAsset = ValueOf<typeof VersionedLocatableAsset>;

export const VersionedLocation = variant({ v4: [4, Location], v5: [5, Location] }, [
  "xcm",
  "VersionedLocation",
]);
export type VersionedLocation = ValueOf<typeof VersionedLocation>;

const isHere = ({ parents, interior }: Location): boolean =>
  parents === 0 && interior.type === "here";

/** Whether it is the chain's own currency. */
export const isNative = ({ value }: VersionedLocatableAsset): boolean =>
  isHere(value.location) && isHere(value.assetId);

/** The account that is meant, if it is one of this chain. */
export function beneficiaryOf({ value }: VersionedLocation): Result<AccountId, DispatchError> {
  const { parents, interior } = value;
  const isLocal =
    parents === 0 && interior.type === "x1" && interior.value.value.network === undefined;
  return isLocal ? ok(interior.value.value.id) : err({ type: "cannotLookup" });
}
