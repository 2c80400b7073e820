/**
 * Host functions that check and recover signatures. Reference: 3.3.
 *
 * There is no keystore in a validation host: its symbols exist, calling one ends the guest.
 */

import { bytesToHex, type Hex } from "@parahost/base";
import {
  type EcdsaOverflow,
  ecdsaRecover,
  ecdsaUncompress,
  ecdsaVerify,
  ecdsaVerifyPrehashed,
  ed25519Verify,
  sr25519Verify,
  sr25519VerifyDeprecated,
} from "@parahost/crypto";
import { GuestTrap } from "./guest-trap.ts";
import type { HostContext } from "./host-context.ts";
import type { HostFunction, HostFunctions } from "./host-function.ts";

/** About the nanoseconds that one check takes, hashing of the message aside. */
const VERIFY_FUEL = 100_000;
const ECDSA_FUEL = 1_000_000;
const FUEL_PER_BYTE = 4;

type Verify = (publicKey: Hex, message: Uint8Array, signature: Uint8Array) => boolean;

interface Scheme {
  readonly verify: Verify;
  readonly signatureBytes: number;
  readonly publicKeyBytes: number;
  readonly fuel: number;
}

const ed25519: Scheme = {
  verify: ed25519Verify,
  signatureBytes: 64,
  publicKeyBytes: 32,
  fuel: VERIFY_FUEL,
};
const sr25519: Scheme = {
  ...ed25519,
  verify: (key, message, signature) => sr25519Verify(key, message, signature),
};
const sr25519Deprecated: Scheme = { ...ed25519, verify: sr25519VerifyDeprecated };
const ecdsa = (overflow: EcdsaOverflow): Scheme => ({
  verify: (key, message, signature) => ecdsaVerify(key, message, signature, overflow),
  signatureBytes: 65,
  publicKeyBytes: 33,
  fuel: ECDSA_FUEL,
});

function check(
  host: HostContext,
  scheme: Scheme,
  signature: number,
  message: bigint,
  publicKey: number,
): boolean {
  const text = host.packed(message);
  host.charge(scheme.fuel + FUEL_PER_BYTE * text.length);
  const key = bytesToHex(host.at(publicKey, scheme.publicKeyBytes));
  return scheme.verify(key, text, host.at(signature, scheme.signatureBytes));
}

const verifying = (scheme: Scheme): HostFunction => ({
  signature: "iLi>i",
  call: (host, signature: number, message: bigint, publicKey: number) =>
    check(host, scheme, signature, message, publicKey) ? 1 : 0,
});

/** Checks at once; within a batch the guest hears of a bad signature from `finish_batch_verify` too. */
const verifyingInBatch = (scheme: Scheme): HostFunction => ({
  signature: "iLi>i",
  call: (host, signature: number, message: bigint, publicKey: number) => {
    const isGood = check(host, scheme, signature, message, publicKey);
    if (host.batch !== undefined) host.batch &&= isGood;
    return isGood ? 1 : 0;
  },
});

/** Error numbers of the recovery functions, behind the tag 1 of `Err`. */
const RECOVER_ERRORS = { badRs: 0, badV: 1, badSignature: 2 } as const;

const recovering = (overflow: EcdsaOverflow, isCompressed: boolean): HostFunction => ({
  signature: "ii>L",
  call: (host, signature: number, message: number) => {
    host.charge(ECDSA_FUEL);
    const recovered = ecdsaRecover(host.at(message, 32), host.at(signature, 65), overflow);
    if (!recovered.ok)
      return host.givePacked(new Uint8Array([1, RECOVER_ERRORS[recovered.error.code]]));
    const key = isCompressed ? recovered.value : ecdsaUncompress(recovered.value);
    if (key === undefined) throw new GuestTrap("badArgument", "a recovered key is no point");
    const encoded = new Uint8Array(1 + key.length);
    encoded.set(key, 1);
    return host.givePacked(encoded);
  },
});

const noKeystore = (name: string, signature: HostFunction["signature"]): HostFunction => ({
  signature,
  call: () => {
    throw new GuestTrap("noKeystore", `${name}: a validation host has no keys`);
  },
});

function keystoreFunctions(): HostFunctions {
  const functions: Record<string, HostFunction> = {};
  const add = (name: string, signature: HostFunction["signature"]): void => {
    functions[name] = noKeystore(name, signature);
  };
  for (const scheme of ["ed25519", "sr25519", "ecdsa"]) {
    add(`ext_crypto_${scheme}_public_keys_version_1`, "i>L");
    add(`ext_crypto_${scheme}_generate_version_1`, "iL>i");
    add(`ext_crypto_${scheme}_sign_version_1`, "iiL>L");
  }
  add("ext_crypto_ecdsa_sign_prehashed_version_1", "iii>L");
  return functions;
}

export const CRYPTO_FUNCTIONS: HostFunctions = {
  ext_crypto_ed25519_verify_version_1: verifying(ed25519),
  ext_crypto_sr25519_verify_version_1: verifying(sr25519Deprecated),
  ext_crypto_sr25519_verify_version_2: verifying(sr25519),
  ext_crypto_ecdsa_verify_version_1: verifying(ecdsa("reduce")),
  ext_crypto_ecdsa_verify_version_2: verifying(ecdsa("refuse")),
  ext_crypto_ecdsa_verify_prehashed_version_1: {
    signature: "iii>i",
    call: (host, signature: number, hash: number, publicKey: number) => {
      host.charge(ECDSA_FUEL);
      const key = bytesToHex(host.at(publicKey, 33));
      return ecdsaVerifyPrehashed(key, host.at(hash, 32), host.at(signature, 65)) ? 1 : 0;
    },
  },
  ext_crypto_ed25519_batch_verify_version_1: verifyingInBatch(ed25519),
  ext_crypto_sr25519_batch_verify_version_1: verifyingInBatch(sr25519),
  ext_crypto_ecdsa_batch_verify_version_1: verifyingInBatch(ecdsa("refuse")),
  ext_crypto_start_batch_verify_version_1: {
    signature: ">",
    call: (host) => {
      if (host.batch !== undefined)
        throw new GuestTrap("badArgument", "a batch is started inside of another");
      host.batch = true;
      return undefined;
    },
  },
  ext_crypto_finish_batch_verify_version_1: {
    signature: ">i",
    call: (host) => {
      if (host.batch === undefined)
        throw new GuestTrap("badArgument", "a batch is finished that was not started");
      const allGood = host.batch;
      host.batch = undefined;
      return allGood ? 1 : 0;
    },
  },
  ext_crypto_secp256k1_ecdsa_recover_version_1: recovering("reduce", false),
  ext_crypto_secp256k1_ecdsa_recover_version_2: recovering("refuse", false),
  ext_crypto_secp256k1_ecdsa_recover_compressed_version_1: recovering("reduce", true),
  ext_crypto_secp256k1_ecdsa_recover_compressed_version_2: recovering("refuse", true),
  ...keystoreFunctions(),
};
