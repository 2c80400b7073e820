/**
 * The sums over all pallets: a call of any of them, an event of any of them. Pallets need these types
 * (events are stored as the sum, sudo wraps a call) before `runtime.ts`, which knows all pallets, can
 * build them; so it hands them in here once, while modules load.
 */
import { assert } from "@parahost/base";
import { type Codec, lazy } from "@parahost/scale";
import type { DispatchInfo, DispatchResult } from "./dispatch.ts";
import type { Origin } from "./origin.ts";
import type { State } from "./state.ts";

/** `{ type: pallet, value: { type: call, value: arguments } }`; exact types are `runtime.ts`'s. */
export interface AnyRuntimeCall {
  readonly type: string;
  readonly value: AnyVariant;
}

/** `{ type: pallet, value: { type: event, value: fields } }`; exact types are `runtime.ts`'s. */
export interface AnyRuntimeEvent {
  readonly type: string;
  readonly value: AnyVariant;
}

export interface AnyVariant {
  readonly type: string;
  readonly value?: object;
}

export interface Outer {
  readonly call: Codec<AnyRuntimeCall>;
  readonly event: Codec<AnyRuntimeEvent>;
  /** Class, weight and fee duty of a call. */
  info(call: AnyRuntimeCall): DispatchInfo;
  /** Runs the call in a transaction of its own: a failed call leaves no trace. */
  dispatch(state: State, origin: Origin, call: AnyRuntimeCall): DispatchResult;
}

let bound: Outer | undefined;

/** Called once, by `runtime.ts`. */
export function bindOuter(outer: Outer): void {
  assert(bound === undefined, "the runtime is put together twice");
  bound = outer;
}

function outer(): Outer {
  assert(bound !== undefined, "no runtime has been put together: import runtime.ts");
  return bound;
}

export const RuntimeCall: Codec<AnyRuntimeCall> = lazy(() => outer().call);
export const RuntimeEvent: Codec<AnyRuntimeEvent> = lazy(() => outer().event);

export const dispatchInfo = (call: AnyRuntimeCall): DispatchInfo => outer().info(call);

export const dispatchCall = (state: State, origin: Origin, call: AnyRuntimeCall): DispatchResult =>
  outer().dispatch(state, origin, call);
