/** Every function that a validation host offers, by name. Others are not linked and end the guest when called. */

import { BASIC_FUNCTIONS } from "./basic-functions.ts";
import { CRYPTO_FUNCTIONS } from "./crypto-functions.ts";
import { HASHING_FUNCTIONS } from "./hashing-functions.ts";
import type { HostFunctions } from "./host-function.ts";
import { TRIE_FUNCTIONS } from "./trie-functions.ts";

export const HOST_FUNCTIONS: HostFunctions = {
  ...BASIC_FUNCTIONS,
  ...HASHING_FUNCTIONS,
  ...TRIE_FUNCTIONS,
  ...CRYPTO_FUNCTIONS,
};
