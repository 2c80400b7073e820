/** Under which keys authorities publish their addresses: those of this session and of the next. */
import { AuthorityDiscoveryId } from "@parahost/primitives";
import { vec } from "@parahost/scale";
import { pallet, type State, storageValue } from "../framework/index.ts";
import type { SessionValidator } from "./session/keys.ts";

export const storage = {
  keys: storageValue(
    "AuthorityDiscovery.Keys",
    "Authority discovery keys of the current session's validators.",
    vec(AuthorityDiscoveryId),
    [],
  ),
  nextKeys: storageValue(
    "AuthorityDiscovery.NextKeys",
    "Authority discovery keys of the next session's validators.",
    vec(AuthorityDiscoveryId),
    [],
  ),
};

const keysOf = (validators: readonly SessionValidator[]): AuthorityDiscoveryId[] =>
  validators.map(({ keys }) => keys.authorityDiscovery);

/** All authorities to be found: of this session, then those who join with the next. */
export function authorities(state: State): readonly AuthorityDiscoveryId[] {
  return [...new Set([...storage.keys.get(state), ...storage.nextKeys.get(state)])];
}

export function onNewSession(
  state: State,
  changed: boolean,
  current: readonly SessionValidator[],
  queued: readonly SessionValidator[],
): void {
  if (changed) storage.keys.set(state, keysOf(current));
  storage.nextKeys.set(state, keysOf(queued));
}

export function onGenesis(state: State, initial: readonly SessionValidator[]): void {
  onNewSession(state, true, initial, initial);
}

export const authorityDiscovery = pallet({ name: "AuthorityDiscovery", index: 13, storage });
