/**
 * The runtime put together: every pallet in the order of its index, the sum of their calls and of their
 * events, and the dispatcher.
 */
import { assert } from "@parahost/base";
import { type Codec, variant } from "@parahost/scale";
import {
  type AnyCall,
  type AnyCodec,
  type AnyRuntimeCall,
  type AnyRuntimeEvent,
  type CallValue,
  callInfo,
  type DispatchInfo,
  type DispatchResult,
  type Events,
  type Origin,
  type Pallet,
  type State,
} from "./framework/index.ts";
import { bindOuter } from "./framework/outer.ts";
import { authorityDiscovery } from "./pallets/authority-discovery.ts";
import { authorship } from "./pallets/authorship.ts";
import { babe } from "./pallets/babe/pallet.ts";
import { balances } from "./pallets/balances/pallet.ts";
import { grandpa } from "./pallets/grandpa.ts";
import { historical } from "./pallets/historical.ts";
import { offences } from "./pallets/offences/offences.ts";
import { preimagePallet } from "./pallets/preimage.ts";
import { session } from "./pallets/session/pallet.ts";
import { staking } from "./pallets/staking/pallet.ts";
import { sudo } from "./pallets/sudo.ts";
import { system } from "./pallets/system/pallet.ts";
import { timestamp } from "./pallets/timestamp.ts";
import { transactionPayment } from "./pallets/transaction-payment.ts";
import { treasury } from "./pallets/treasury/pallet.ts";
import { utility } from "./pallets/utility.ts";
import { validatorManager } from "./pallets/validator-manager.ts";
import { PARACHAIN_PALLETS } from "./parachains/pallets.ts";

export const PALLETS = [
  system,
  babe,
  timestamp,
  balances,
  authorship,
  staking,
  offences,
  session,
  preimagePallet,
  grandpa,
  authorityDiscovery,
  treasury,
  utility,
  transactionPayment,
  historical,
  ...PARACHAIN_PALLETS,
  validatorManager,
  sudo,
] as const;

type AnyPallet = (typeof PALLETS)[number];

// The sums

/** A call of any pallet: `{ type: "balances", value: { type: "transferAll", value: { … } } }`. */
export type RuntimeCall = {
  [P in AnyPallet as P["key"]]: P extends Pallet<string, infer C, infer _E>
    ? [CallValue<C>] extends [never]
      ? never
      : { readonly type: P["key"]; readonly value: CallValue<C> }
    : never;
}[AnyPallet["key"]];

/** An event of any pallet: `{ type: "balances", value: { type: "transfer", value: { … } } }`. */
export type RuntimeEvent = {
  [P in AnyPallet as P["key"]]: P extends { readonly events: Events<infer E> | undefined }
    ? { readonly type: P["key"]; readonly value: Parameters<Events<E>["deposit"]>[1] }
    : never;
}[AnyPallet["key"]];

const calls: Record<string, readonly [number, AnyCodec]> = {};
const events: Record<string, readonly [number, AnyCodec]> = {};
/** Each call's declaration, by pallet key and call name. */
const declarations = new Map<string, ReadonlyMap<string, AnyCall>>();

for (const pallet of PALLETS as unknown as readonly Pallet[]) {
  const { key, index } = pallet;
  if (pallet.callCodec !== undefined) calls[key] = [index, pallet.callCodec];
  if (pallet.events !== undefined) events[key] = [index, pallet.events.codec];
  declarations.set(key, new Map(Object.entries(pallet.calls)));
}

export const RuntimeCall = variant(calls, [
  "parahost_runtime",
  "RuntimeCall",
]) as unknown as Codec<RuntimeCall>;

export const RuntimeEvent = variant(events, [
  "parahost_runtime",
  "RuntimeEvent",
]) as unknown as Codec<RuntimeEvent>;

// The dispatcher

/** The declaration behind a call that the codec admits. */
export function declarationOf(call: AnyRuntimeCall): AnyCall {
  const declaration = declarations.get(call.type)?.get(call.value.type);
  assert(declaration !== undefined, `no call ${call.type}.${call.value.type}`);
  return declaration;
}

export const infoOf = (call: AnyRuntimeCall): DispatchInfo =>
  callInfo(declarationOf(call), argumentsOf(call));

/** A call without arguments has no value; its routine is given none. */
const argumentsOf = (call: AnyRuntimeCall) =>
  (call.value.value ?? {}) as Readonly<Record<string, never>>;

/** Runs the call in a transaction of its own: a failed call leaves no trace. */
export function dispatch(state: State, origin: Origin, call: AnyRuntimeCall): DispatchResult {
  state.begin();
  const outcome = declarationOf(call).dispatch(state, origin, argumentsOf(call));
  if (outcome.ok) state.commit();
  else state.rollback();
  return outcome;
}

bindOuter({
  call: RuntimeCall as unknown as Codec<AnyRuntimeCall>,
  event: RuntimeEvent as unknown as Codec<AnyRuntimeEvent>,
  info: infoOf,
  dispatch,
});
