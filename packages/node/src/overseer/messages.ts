/** Every subsystem and the union of messages it receives: the whole graph's vocabulary. */
import type { ApprovalDistributionMessage } from "../approval-distribution/messages.ts";
import type { ApprovalVotingMessage } from "../approval-voting/messages.ts";
import type { AvailabilityDistributionMessage } from "../availability-distribution/messages.ts";
import type { AvailabilityRecoveryMessage } from "../availability-recovery/messages.ts";
import type { AvailabilityStoreMessage } from "../availability-store/messages.ts";
import type { BitfieldDistributionMessage } from "../bitfield-distribution/messages.ts";
import type { BitfieldSigningMessage } from "../bitfield-signing/messages.ts";
import type { CandidateBackingMessage } from "../candidate-backing/messages.ts";
import type { CandidateValidationMessage } from "../candidate-validation/messages.ts";
import type { ChainApiMessage } from "../chain-api/messages.ts";
import type { ChainSelectionMessage } from "../chain-selection/messages.ts";
import type { CollationGenerationMessage } from "../collation-generation/messages.ts";
import type { CollatorProtocolMessage } from "../collator-protocol/messages.ts";
import type { DisputeCoordinatorMessage } from "../dispute-coordinator/messages.ts";
import type { DisputeDistributionMessage } from "../dispute-distribution/messages.ts";
import type { FishermanMessage } from "../fisherman/messages.ts";
import type { GossipSupportMessage } from "../gossip-support/messages.ts";
import type { MisbehaviorArbitrationMessage } from "../misbehavior-arbitration/messages.ts";
import type { NetworkBridgeRxMessage, NetworkBridgeTxMessage } from "../network-bridge/messages.ts";
import type { ProspectiveParachainsMessage } from "../prospective-parachains/messages.ts";
import type { ProvisionerMessage } from "../provisioner/messages.ts";
import type { PvfCheckerMessage } from "../pvf-checker/messages.ts";
import type { RemoteDisputesMessage } from "../remote-disputes/messages.ts";
import type { RuntimeApiMessage } from "../runtime-api/messages.ts";
import type { StatementDistributionMessage } from "../statement-distribution/messages.ts";

export interface Messages {
  readonly "approval-distribution": ApprovalDistributionMessage;
  readonly "approval-voting": ApprovalVotingMessage;
  readonly "availability-distribution": AvailabilityDistributionMessage;
  readonly "availability-recovery": AvailabilityRecoveryMessage;
  readonly "availability-store": AvailabilityStoreMessage;
  readonly "bitfield-distribution": BitfieldDistributionMessage;
  readonly "bitfield-signing": BitfieldSigningMessage;
  readonly "candidate-backing": CandidateBackingMessage;
  readonly "candidate-validation": CandidateValidationMessage;
  readonly "chain-api": ChainApiMessage;
  readonly "chain-selection": ChainSelectionMessage;
  readonly "collation-generation": CollationGenerationMessage;
  readonly "collator-protocol": CollatorProtocolMessage;
  readonly "dispute-coordinator": DisputeCoordinatorMessage;
  readonly "dispute-distribution": DisputeDistributionMessage;
  readonly fisherman: FishermanMessage;
  readonly "gossip-support": GossipSupportMessage;
  readonly "misbehavior-arbitration": MisbehaviorArbitrationMessage;
  readonly "network-bridge-rx": NetworkBridgeRxMessage;
  readonly "network-bridge-tx": NetworkBridgeTxMessage;
  readonly "prospective-parachains": ProspectiveParachainsMessage;
  readonly provisioner: ProvisionerMessage;
  readonly "pvf-checker": PvfCheckerMessage;
  readonly "remote-disputes": RemoteDisputesMessage;
  readonly "runtime-api": RuntimeApiMessage;
  readonly "statement-distribution": StatementDistributionMessage;
}

/** Subsystems by the guide's names. */
export type SubsystemName = keyof Messages;
