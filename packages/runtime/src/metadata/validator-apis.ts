/** Runtime APIs about validators, their keys and their stake, encoded. Reference: json-rpc-and-metadata.md 7. */
import { asciiBytes, err, ok } from "@parahost/base";
import { AccountId, AuthorityDiscoveryId, Balance } from "@parahost/primitives";
import {
  bool,
  bytes,
  type Codec,
  fixedBytes,
  newtype,
  option,
  str,
  tuple,
  u32,
  vec,
} from "@parahost/scale";
import { EraIndex } from "../pallets/staking/storage.ts";
import * as api from "../runtime-api.ts";
import { method, methodOrTrap, type RuntimeApi } from "./runtime-api.ts";

export const AUTHORITY_DISCOVERY_API: RuntimeApi = {
  docs: "Under which keys authorities publish their addresses.",
  methods: {
    authorities: method(
      "Authorities of this session and of the next.",
      {},
      vec(AuthorityDiscoveryId),
      ({ state }) => api.authorities(state),
    ),
  },
};

const KeyType: Codec<Uint8Array> = newtype(["sp_core", "crypto", "KeyTypeId"], fixedBytes(4));

/** A secret as text: its bytes must be UTF-8. */
const Seed: Codec<string | undefined> = { ...option(str), type: option(bytes()).type };

export const SESSION_KEYS_API: RuntimeApi = {
  docs: "The keys with which a validator takes part in a session.",
  methods: {
    generateSessionKeys: methodOrTrap(
      "Makes a key of each type in the keystore of the node: all of one secret, or each of a fresh one.",
      { seed: Seed },
      bytes(),
      ({ host: { newKey } }, { seed }) => {
        if (newKey === undefined) return err({ code: "hostLacks", what: "a keystore" });
        const keys = api.generateSessionKeys((type) => newKey(type, seed));
        return keys === undefined ? err({ code: "badSeed" }) : ok(keys);
      },
    ),
    decodeSessionKeys: method(
      "Each key of an encoded set with its type; nothing if it is not one.",
      { encoded: bytes() },
      option(vec(tuple(bytes(), KeyType))),
      (_, { encoded }) =>
        api.decodeSessionKeys(encoded)?.map(([key, type]) => [key, asciiBytes(type)] as const),
    ),
  },
};

export const STAKING_API: RuntimeApi = {
  docs: "Stake behind validators.",
  methods: {
    nominationsQuota: method(
      "How many validators a nominator may name.",
      { balance: Balance },
      u32,
      () => api.nominationsQuota(),
    ),
    erasStakersPageCount: method(
      "Payouts that pay everybody behind a validator in an era.",
      { era: EraIndex, account: AccountId },
      u32,
      ({ state }, { era, account }) => api.erasStakersPageCount(state, era, account),
    ),
    pendingRewards: method(
      "Whether something of the era can still be claimed for the validator.",
      { era: EraIndex, account: AccountId },
      bool,
      ({ state }, { era, account }) => api.pendingRewards(state, era, account),
    ),
  },
};
