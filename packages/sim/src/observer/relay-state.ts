/**
 * What the observer reads from a relay chain state, by storage keys of its own making: names and hashers
 * are Polkadot's, so no code of the node is asked for an answer.
 */
import { asciiBytes, assert, bytesToHex, concatBytes, type Hex, u32Bytes } from "@parahost/base";
import { twox64, twox128 } from "@parahost/crypto";
import {
  HeadData,
  HostConfiguration,
  ParaId,
  SessionIndex,
  SessionInfo,
} from "@parahost/primitives";
import { type Codec, decode, vec } from "@parahost/scale";

/** The entries of a state. */
export interface StateReader {
  get(key: Hex): Uint8Array | undefined;
}

/** What the blocks on a state are judged by. */
export interface RelayState {
  /** Session of the state's children. */
  readonly session: SessionIndex;
  readonly sessionInfo: SessionInfo;
  readonly configuration: HostConfiguration;
  /** Parachains in the order of their cores. */
  readonly parachains: readonly ParaId[];
  /** Parathreads with a paid block, on whichever of the cores beyond the parachains'. */
  readonly parathreads: ReadonlySet<ParaId>;
  /** The included head of each of them. */
  readonly heads: ReadonlyMap<ParaId, HeadData>;
}

const PARA_IDS = vec(ParaId);

export function readRelayState(state: StateReader): RelayState {
  const session = need(state, "ParasShared", "CurrentSessionIndex", SessionIndex);
  const parachains = read(state, "Paras", "Parachains", PARA_IDS) ?? [];
  const parathreads = read(state, "ParaScheduler", "ParathreadClaimIndex", PARA_IDS) ?? [];
  const heads = [...parachains, ...parathreads].map((para): readonly [ParaId, HeadData] => {
    const id = u32Bytes(para);
    return [para, need(state, "Paras", "Heads", HeadData, concatBytes(twox64(id), id))];
  });
  return {
    session,
    sessionInfo: need(state, "ParaSessionInfo", "Sessions", SessionInfo, u32Bytes(session)),
    configuration: need(state, "Configuration", "ActiveConfig", HostConfiguration),
    parachains,
    parathreads: new Set(parathreads),
    heads: new Map(heads),
  };
}

/** All that happened in the state's block, as bytes: events and the weight that was used. */
export const eventBytes = (state: StateReader): Uint8Array =>
  concatBytes(
    ...(["Events", "BlockWeight"] as const).map(
      (item) =>
        state.get(
          bytesToHex(concatBytes(twox128(asciiBytes("System")), twox128(asciiBytes(item)))),
        ) ?? new Uint8Array(),
    ),
  );

/** The session's validators and groups; `undefined` when the state has forgotten them. */
export const readSessionInfo = (state: StateReader, session: SessionIndex) =>
  read(state, "ParaSessionInfo", "Sessions", SessionInfo, u32Bytes(session));

function read<T>(
  state: StateReader,
  pallet: string,
  item: string,
  codec: Codec<T>,
  mapKey: Uint8Array = new Uint8Array(0),
): T | undefined {
  const key = concatBytes(twox128(asciiBytes(pallet)), twox128(asciiBytes(item)), mapKey);
  const value = state.get(bytesToHex(key));
  return value === undefined ? undefined : decode(codec, value);
}

function need<T>(
  state: StateReader,
  pallet: string,
  item: string,
  codec: Codec<T>,
  mapKey?: Uint8Array,
): T {
  const value = read(state, pallet, item, codec, mapKey);
  assert(value !== undefined, `the state has no ${pallet}.${item}`);
  return value;
}
