/** Why the treasury refuses. */
import { palletErrors } from "../../framework/index.ts";

export const errors = palletErrors(19, [
  "invalidIndex",
  "tooManyApprovals",
  "insufficientPermission",
  "proposalNotApproved",
  "failedToConvertBalance",
  "spendExpired",
  "earlyPayout",
  "alreadyAttempted",
  "payoutError",
  "notAttempted",
  "inconclusive",
]);
