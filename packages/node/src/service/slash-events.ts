/**
 * What validators lost in a block, as users see it. Staking says who is slashed and how much is taken of whose
 * stake; what follows says why.
 */
import type { AccountId, Balance } from "@parahost/primitives";
import type { NodeEventData } from "../events.ts";

/** An event of the runtime, as it stands in the state. */
export interface RuntimeEvent {
  readonly type: string;
  readonly value: { readonly type: string; readonly value?: unknown };
}

/** A slash whose reason is not known yet. */
interface Loss {
  readonly validator: AccountId;
  /** Of the validator's stake and of that of its nominators. */
  amount: Balance;
}

/** In the order of the block. Who had nothing left to lose is not named. */
export function slashEvents(events: readonly RuntimeEvent[]): NodeEventData[] {
  const told: NodeEventData[] = [];
  let open: Loss[] = [];
  const close = (isMeant: (validator: AccountId) => boolean, reason: string): void => {
    for (const { validator, amount } of open)
      if (amount > 0n && isMeant(validator))
        told.push({ event: "validator.slashed", validator, amount, reason });
    open = open.filter(({ validator }) => !isMeant(validator));
  };
  // An offence is told before the penalty that names it better, so it closes what the next one leaves open.
  let offence: string | undefined;
  const closeOffence = (): void => {
    if (offence !== undefined) close(() => true, offence);
    offence = undefined;
  };
  for (const { type, value } of events)
    switch (`${type}.${value.type}`) {
      case "staking.slashReported": {
        closeOffence();
        const { validator } = value.value as { readonly validator: AccountId };
        open.push({ validator, amount: 0n });
        break;
      }
      case "staking.slashed": {
        const { staker, amount } = value.value as { staker: AccountId; amount: Balance };
        const loss = open.at(-1);
        if (loss !== undefined) loss.amount += amount;
        else
          told.push({ event: "validator.slashed", validator: staker, amount, reason: "deferred" });
        break;
      }
      case "offences.offence": {
        const { kind } = value.value as { readonly kind: Uint8Array };
        offence = String.fromCharCode(...kind);
        break;
      }
      case "parasSlashing.penalized": {
        const { validator, reason } = value.value as {
          readonly validator: AccountId;
          readonly reason: { readonly type: string };
        };
        close((one) => one === validator, reason.type);
        break;
      }
    }
  closeOffence();
  close(() => true, "unknown");
  return told;
}
