/**
 * Which validators a session does without: those who committed an offence, until their era ends. Never more
 * than a third, f, lest the chain could not go on; when there is no room the worse offenders are disabled in
 * place of those who did less.
 *
 * Guide: runtime/disputes.md (disabling). Reference: runtime-and-primitives.md 4.7.
 */
import type { AccountId, Perbill } from "@parahost/primitives";
import type { State } from "../../framework/index.ts";
import { disabledAuthorities } from "../../parachains/shared/disabled.ts";
import { events, storage } from "./storage.ts";

/** Position in the authority list, and how severe the offence was. In the order of positions. */
export type Disabled = readonly (readonly [authority: number, severity: Perbill])[];

/** f of n validators. */
export const disablingLimit = (validatorCount: number): number =>
  Math.floor(Math.max(validatorCount - 1, 0) / 3);

/** Who is disabled after `authority` committed an offence of this severity. */
export function withOffender(
  disabled: Disabled,
  authority: number,
  severity: Perbill,
  limit: number,
): Disabled {
  const known = disabled.find(([index]) => index === authority);
  const others = disabled.filter(([index]) => index !== authority);
  if (known !== undefined) return inserted(others, [authority, Math.max(known[1], severity)]);
  if (disabled.length < limit) return inserted(disabled, [authority, severity]);
  const mildest = disabled.reduce<Disabled[number] | undefined>(
    (least, entry) => (least === undefined || entry[1] < least[1] ? entry : least),
    undefined,
  );
  if (mildest === undefined || mildest[1] >= severity) return disabled;
  const rest = disabled.filter((entry) => entry !== mildest);
  return inserted(rest, [authority, severity]);
}

const inserted = (disabled: Disabled, entry: Disabled[number]): Disabled =>
  [...disabled, entry].sort(([a], [b]) => a - b);

/** Disables a validator of the session for an offence. Returns its position if it is newly disabled. */
export function disableValidator(
  state: State,
  validator: AccountId,
  severity: Perbill,
): number | undefined {
  const validators = storage.validators.get(state);
  const authority = validators.indexOf(validator);
  if (authority < 0) return undefined;
  const before = disabledAuthorities.get(state);
  const after = withOffender(before, authority, severity, disablingLimit(validators.length));
  disabledAuthorities.set(state, after);
  const is = (list: Disabled, index: number) => list.some(([other]) => other === index);
  for (const [index] of before) {
    const enabled = validators[index];
    if (!is(after, index) && enabled !== undefined)
      events.deposit(state, { type: "validatorReenabled", value: { validator: enabled } });
  }
  if (is(before, authority) || !is(after, authority)) return undefined;
  events.deposit(state, { type: "validatorDisabled", value: { validator } });
  return authority;
}

export const isDisabled = (state: State, authority: number): boolean =>
  disabledAuthorities.get(state).some(([index]) => index === authority);

/** An era ends: everybody may take part again. */
export function enableAll(state: State): void {
  disabledAuthorities.remove(state);
}

/** The disabled stay so in the next session of their era, wherever they stand in it. */
export function moveDisabled(
  state: State,
  before: readonly AccountId[],
  after: readonly AccountId[],
): void {
  const disabled = disabledAuthorities.get(state);
  if (disabled.length === 0) return;
  const moved = disabled.flatMap(([authority, severity]): [number, Perbill][] => {
    const position = after.indexOf(before[authority] as AccountId);
    return position < 0 ? [] : [[position, severity]];
  });
  const limit = disablingLimit(after.length);
  const kept = moved.sort(([, a], [, b]) => b - a).slice(0, limit);
  disabledAuthorities.set(
    state,
    kept.sort(([a], [b]) => a - b),
  );
}
