/** Who manages which para and for what deposit, with the events and errors of the Registrar. */
import { AccountId, Balance, ParaId } from "@parahost/primitives";
import { bool, option, struct, type ValueOf } from "@parahost/scale";
import { palletErrors, palletEvents, storageMap, storageValue } from "../../framework/index.ts";

export const ParaInfo = struct(
  {
    /** Who reserved the id, and has the deposit reserved. */
    manager: AccountId,
    deposit: Balance,
    /** While true the manager has no say; absent until the para's first block or an explicit lock. */
    locked: option(bool),
  },
  ["polkadot_runtime_common", "paras_registrar", "ParaInfo"],
);
export type ParaInfo = ValueOf<typeof ParaInfo>;

/** Lower ids are for system parachains, which governance registers. */
export const LOWEST_PUBLIC_ID = 2000 as ParaId;

export const storage = {
  pendingSwap: storageMap(
    "Registrar.PendingSwap",
    "Swaps that wait for the other para's word: from the one that asked to the other.",
    "twox64Concat",
    ParaId,
    ParaId,
  ),
  paras: storageMap(
    "Registrar.Paras",
    "Who manages a para, for what deposit, and whether it is locked.",
    "twox64Concat",
    ParaId,
    ParaInfo,
  ),
  nextFreeParaId: storageValue(
    "Registrar.NextFreeParaId",
    "The id that the next reservation gets.",
    ParaId,
    LOWEST_PUBLIC_ID,
  ),
};

export const events = palletEvents("Registrar", {
  registered: [0, struct({ paraId: ParaId, manager: AccountId })],
  deregistered: [1, struct({ paraId: ParaId })],
  reserved: [2, struct({ paraId: ParaId, who: AccountId })],
  swapped: [3, struct({ paraId: ParaId, otherId: ParaId })],
});

export const errors = palletErrors(70, [
  "notRegistered",
  "alreadyRegistered",
  "notOwner",
  "codeTooLarge",
  "headDataTooLarge",
  "notParachain",
  "notParathread",
  "cannotDeregister",
  "cannotDowngrade",
  "cannotUpgrade",
  "paraLocked",
  "notReserved",
  "invalidCode",
  "cannotSwap",
]);
