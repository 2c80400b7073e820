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
  BuildError,
  BuiltBlock,
  DroppedTransaction,
  ImportError,
  ImportedBlock,
  ParaAccount,
  ParaCode,
  ParaStateMachine,
  ParaSummary,
  RelayParent,
  TransactionInfo,
  TransactionProblem,
  TransactionRefusal,
  UnknownHead,
  Validity,
} from "./state-machine.ts";
