/** Messages of the validation peer set, by sub-protocol. Node-side reference, 3.1. */
import { type ValueOf, variant } from "@parahost/scale";
import { ApprovalDistributionMessage } from "./approval-distribution.ts";
import { BitfieldDistributionMessage } from "./bitfield-distribution.ts";
import { wireMessage } from "./peer-set.ts";
import { StatementDistributionMessage } from "./statement-distribution.ts";

export const ValidationProtocol = variant({
  bitfieldDistribution: [1, BitfieldDistributionMessage],
  statementDistribution: [3, StatementDistributionMessage],
  approvalDistribution: [4, ApprovalDistributionMessage],
});
export type ValidationProtocol = ValueOf<typeof ValidationProtocol>;

export const ValidationWireMessage = wireMessage(ValidationProtocol);
export type ValidationWireMessage = ValueOf<typeof ValidationWireMessage>;
