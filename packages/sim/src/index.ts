export { DEFAULT_LINKS, type LinkSettings, SeededLinks } from "./links.ts";
export {
  type Collator,
  collatorName,
  type LocalNetwork,
  type LocalNetworkOptions,
  startLocalNetwork,
  validatorName,
  type World,
} from "./local-network.ts";
export { type ObservedWorld, Observer } from "./observer/observer.ts";
export { type Property, type Violation, violationLine } from "./observer/violation.ts";
export {
  headNumberOf,
  LEDGER_ACCOUNTS,
  LEDGER_ENDOWMENT,
  type ParaKind,
  type ParaPlan,
  planPara,
  planParas,
} from "./para-plan.ts";
export { Simulation, type SimulationOptions } from "./simulation.ts";
