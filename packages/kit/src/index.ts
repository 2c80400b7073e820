export {
  AdderBlock,
  AdderHead,
  AdderStateMachine,
  AdderTransaction,
  adderGenesisHead,
  adderTransaction,
} from "./adder.ts";
export { type LedgerGenesis, LedgerStateMachine } from "./ledger/ledger-state-machine.ts";
export { signTransfer } from "./ledger/transfer.ts";
export {
  LEDGER_STATE_VERSION,
  LedgerAccount,
  LedgerBlock,
  LedgerHead,
  LedgerTransfer,
  transferPayload,
  UnsignedTransfer,
} from "./ledger/types.ts";
export type {
  BlockLimits,
  BuiltBlock,
  DroppedTransaction,
  ImportError,
  ImportedBlock,
  ParaAccount,
  ParaStateMachine,
  ParaSummary,
  RelayParent,
  TransactionInfo,
  TransactionProblem,
  TransactionRefusal,
  UnknownHead,
  Validity,
} from "./state-machine.ts";
