export type {
  ImportError,
  ParaAccount,
  ParaStateMachine,
  ParaSummary,
  TransactionProblem,
  TransactionRefusal,
  UnknownHead,
} from "@parahost/kit";
export { ChainRuntime, type StateAt } from "./chain/chain-runtime.ts";
export { readSigned, type SignedParts } from "./chain/signed-transaction.ts";
export type { IncludedCandidate, RecoveredBlock } from "./foreign-blocks.ts";
export { GuestBlock, type GuestChain, GuestStateMachine } from "./guest-machine.ts";
export { ParaChain, type ParaChainEvent } from "./para-chain.ts";
export {
  type CollatorTurn,
  type ForeignBlock,
  type ParaHead,
  ParaNode,
  type ParaNodeConfig,
  type ParaNodePorts,
  type ParaPlace,
  type ParaStatus,
  type RelayBlock,
} from "./para-node.ts";
export {
  type DropReason,
  PARA_POOL_LIMITS,
  type ParaPoolLimits,
  type SubmitError,
  type TransactionEvent,
  type TransactionListener,
  type TransactionStatus,
} from "./para-pool.ts";
export type { ParaBlock } from "./para-tree.ts";
