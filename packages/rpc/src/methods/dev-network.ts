/**
 * `dev_` methods that move a whole local network: blocks on demand, time that passes faster, storage set by
 * force, and everything put back as it was. All nodes take part: what comes of it are blocks like others,
 * with authors, votes and parachains.
 */
import type { Hex } from "@parahost/base";
import { STORAGE_KEY_MAX_BYTES } from "@parahost/trie";
import { ErrorCode, type Json, RpcError } from "../json-rpc.ts";
import type { Method, Methods } from "../method.ts";
import { hexBytes, hexText, list, optional, type Param, param, text, uint } from "../params.ts";

export interface DevHead {
  readonly hash: Hex;
  readonly number: number;
}

/** An entry of the state; without a value it is removed. */
export interface DevEntry {
  readonly key: Hex;
  readonly value: Uint8Array | undefined;
}

/** A local network that can be moved. Every function throws a `DevRefusal` to say why it was not. */
export interface DevControl {
  /** Time passes until every node has as many more blocks. */
  newBlocks(count: number): Promise<DevHead>;
  /** So many slots pass. */
  advance(slots: number): Promise<DevHead>;
  /** Entries are set by the next blocks; the head is the block that did. */
  setStorage(entries: readonly DevEntry[]): Promise<DevHead>;
  /** Remembers everything that all nodes know. */
  snapshot(): Promise<string>;
  /** Every node goes on from there; all connections end. */
  restore(id: string): Promise<DevHead>;
}

/** Why a network was not moved; the message is for the user. */
export class DevRefusal extends Error {}

const BLOCKS_MAX = 256;
const SLOTS_MAX = 10_000;
const ENTRIES_MAX = 1000;
const VALUE_BYTES_MAX = 1024 * 1024;

const storageKey = hexText(STORAGE_KEY_MAX_BYTES);
const storageValue = hexBytes(VALUE_BYTES_MAX);

const entry: Param<DevEntry> = {
  what: "[key, value] as 0x hex, the value null to remove it",
  read: (given) => {
    if (!Array.isArray(given) || given.length !== 2) return undefined;
    const [key, value] = [storageKey.read(given[0]), storageValue.read(given[1])];
    if (key === undefined || (value === undefined && given[1] !== null)) return undefined;
    return { key, value };
  },
};

export function devNetworkMethods(control: DevControl): Methods {
  const atLeastOne = (params: readonly Json[], name: string, max: number): number => {
    const { value = 1 } = param(params, 0, name, optional(uint));
    if (value >= 1 && value <= max) return value;
    throw new RpcError(ErrorCode.invalidParams, `parameter 1 (${name}) must be from 1 to ${max}`);
  };
  const telling =
    (move: (params: readonly Json[]) => Promise<Json>): Method =>
    async (params) => {
      try {
        return await move(params);
      } catch (error) {
        if (error instanceof DevRefusal) throw new RpcError(ErrorCode.refused, error.message);
        throw error;
      }
    };
  const json = ({ hash, number }: DevHead): Json => ({ hash, number });
  return {
    methods: {
      dev_newBlock: telling(async (params) =>
        json(await control.newBlocks(atLeastOne(params, "count", BLOCKS_MAX))),
      ),
      dev_advance: telling(async (params) =>
        json(await control.advance(atLeastOne(params, "slots", SLOTS_MAX))),
      ),
      dev_setStorage: telling(async (params) =>
        json(await control.setStorage(param(params, 0, "entries", list(entry, ENTRIES_MAX)))),
      ),
      dev_snapshot: telling(() => control.snapshot()),
      dev_restore: telling(async (params) =>
        json(await control.restore(param(params, 0, "snapshot", text))),
      ),
    },
    subscriptions: {},
  };
}
