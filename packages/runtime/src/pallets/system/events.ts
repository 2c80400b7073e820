/** Events of System: how extrinsics ended, accounts that came and went. */
import { AccountId, Hash } from "@parahost/primitives";
import { bool, struct } from "@parahost/scale";
import { DispatchError, DispatchEventInfo, palletEvents } from "../../framework/index.ts";

export const events = palletEvents("System", {
  extrinsicSuccess: [0, struct({ dispatchInfo: DispatchEventInfo })],
  extrinsicFailed: [1, struct({ dispatchError: DispatchError, dispatchInfo: DispatchEventInfo })],
  codeUpdated: 2,
  newAccount: [3, struct({ account: AccountId })],
  killedAccount: [4, struct({ account: AccountId })],
  remarked: [5, struct({ sender: AccountId, hash: Hash })],
  upgradeAuthorized: [6, struct({ codeHash: Hash, checkVersion: bool })],
  rejectedInvalidAuthorizedUpgrade: [7, struct({ codeHash: Hash, error: DispatchError })],
});
