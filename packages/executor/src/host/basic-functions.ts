/** Host functions without cryptography: allocator, logging, printing. Reference: 3.3. */

import { asciiBytes } from "@parahost/base";
import type { HostContext } from "./host-context.ts";
import type { HostFunctions } from "./host-function.ts";

/** Fuel of a call that does almost nothing. */
export const CALL_FUEL = 50;

/** The encoding of `None`: a validation function has no runtime version to look at. */
const ENCODED_NONE = new Uint8Array([0]);

const sayText = (host: HostContext, text: bigint): undefined => {
  host.charge(CALL_FUEL);
  host.say(host.packed(text));
};

export const BASIC_FUNCTIONS: HostFunctions = {
  ext_allocator_malloc_version_1: {
    signature: "i>i",
    call: (host, size: number) => {
      host.charge(CALL_FUEL);
      return host.allocator.allocate(size >>> 0);
    },
  },
  ext_allocator_free_version_1: {
    signature: "i>",
    call: (host, pointer: number) => {
      host.charge(CALL_FUEL);
      host.allocator.free(pointer >>> 0);
      return undefined;
    },
  },
  ext_logging_log_version_1: {
    signature: "iLL>",
    call: (host, _level: number, target: bigint, message: bigint) => {
      host.packed(target);
      return sayText(host, message);
    },
  },
  /** Off: whether a node logs must not change what its guests do. */
  ext_logging_max_level_version_1: { signature: ">i", call: () => 0 },
  ext_misc_print_num_version_1: {
    signature: "L>",
    call: (host, number: bigint) => {
      host.charge(CALL_FUEL);
      host.say(asciiBytes(String(BigInt.asUintN(64, number))));
      return undefined;
    },
  },
  ext_misc_print_utf8_version_1: { signature: "L>", call: sayText },
  ext_misc_print_hex_version_1: { signature: "L>", call: sayText },
  ext_misc_runtime_version_version_1: {
    signature: "L>L",
    call: (host, code: bigint) => {
      host.charge(CALL_FUEL);
      host.packed(code);
      return host.givePacked(ENCODED_NONE);
    },
  },
};
