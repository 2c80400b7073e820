/** The parachain modules as pallets, by index; `initializer.ts` has the order in which they run. */
import { claimAuction } from "./claim-auction/claim-auction.ts";
import { configurationPallet } from "./configuration/configuration.ts";
import { parasDisputes } from "./disputes/disputes.ts";
import { fishermen } from "./fishermen/fishermen.ts";
import { paraInclusion } from "./inclusion/inclusion.ts";
import { initializer } from "./initializer.ts";
import { onDemand } from "./on-demand/on-demand.ts";
import { paras } from "./paras/paras.ts";
import { parasSudoWrapper } from "./paras/sudo-wrapper.ts";
import { paraInherent } from "./paras-inherent/paras-inherent.ts";
import { registrar } from "./registrar/registrar.ts";
import { remoteDisputesPallet } from "./remote-disputes/remote-disputes.ts";
import { paraScheduler } from "./scheduler/scheduler.ts";
import { paraSessionInfo } from "./session-info.ts";
import { parasShared } from "./shared/shared.ts";
import { parasSlashing } from "./slashing/slashing.ts";
import { suspensions } from "./suspension/suspension.ts";

export const PARACHAIN_PALLETS = [
  configurationPallet,
  parasShared,
  paraInclusion,
  paraInherent,
  paraScheduler,
  paras,
  initializer,
  paraSessionInfo,
  parasDisputes,
  parasSlashing,
  onDemand,
  registrar,
  claimAuction,
  remoteDisputesPallet,
  fishermen,
  suspensions,
  parasSudoWrapper,
] as const;
