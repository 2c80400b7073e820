/** What the ledger puts on the wire and into its state. `assembly/ledger.ts` reads and writes the same bytes. */

import {
  asciiBytes,
  bytesToHex,
  concatBytes,
  type Hex,
  hexToBytes,
  u32Bytes,
} from "@parahost/base";
import { blake2b128, blake2b256Hex, twox128 } from "@parahost/crypto";
import { AccountId, Hash, type ParaId } from "@parahost/primitives";
import { bytes, encode, fixedBytes, struct, u32, u128, type ValueOf, vec } from "@parahost/scale";
import type { StateVersion } from "@parahost/trie";

export const LedgerHead = struct({
  /** BLAKE2b-256 of the parent head; zeros at genesis. */
  parentHash: Hash,
  number: u32,
  stateRoot: Hash,
  /** BLAKE2b-256 of the encoded transfers. */
  bodyHash: Hash,
  /** Keeps signatures of one chain from being good on another; the same in every head of a chain. */
  domain: Hash,
});
export type LedgerHead = ValueOf<typeof LedgerHead>;

const unsigned = {
  from: AccountId,
  /** Transfers of `from` that were included before. */
  nonce: u32,
  to: AccountId,
  amount: u128,
};

/** What the sender signs, behind a magic and the domain. */
export const UnsignedTransfer = struct(unsigned);
export type UnsignedTransfer = ValueOf<typeof UnsignedTransfer>;

export const LedgerTransfer = struct({ ...unsigned, signature: fixedBytes(64) });
export type LedgerTransfer = ValueOf<typeof LedgerTransfer>;

export const LEDGER_TRANSFER_BYTES = 148;

export const LedgerBody = vec(LedgerTransfer);

export const LedgerBlock = struct({
  transfers: LedgerBody,
  /** Nodes of the parent's state trie that the transfers touch, each once, in any order. */
  witness: vec(bytes()),
});
export type LedgerBlock = ValueOf<typeof LedgerBlock>;

export const LedgerAccount = struct({ nonce: u32, balance: u128 });
export type LedgerAccount = ValueOf<typeof LedgerAccount>;

export const NO_ACCOUNT: LedgerAccount = { nonce: 0, balance: 0n };

/** Layout of the state trie. Accounts are short enough to stand in their nodes under either version. */
export const LEDGER_STATE_VERSION: StateVersion = 1;

const ACCOUNTS_PREFIX: Uint8Array = concatBytes(
  twox128(asciiBytes("Ledger")),
  twox128(asciiBytes("Accounts")),
);

/** Where an account stands in the state. */
export function accountKey(id: Hex): Hex {
  const raw = hexToBytes(id);
  return bytesToHex(concatBytes(ACCOUNTS_PREFIX, blake2b128(raw), raw));
}

const PAYLOAD_MAGIC = asciiBytes("parahost:ledger:transfer");

/** What a sender signs with sr25519 in the `substrate` context. */
export const transferPayload = (domain: Hash, transfer: UnsignedTransfer): Uint8Array =>
  concatBytes(PAYLOAD_MAGIC, hexToBytes(domain), encode(UnsignedTransfer, transfer));

/** The domain of a chain: of its para id and of the state it starts with. */
export const ledgerDomain = (paraId: ParaId, genesisStateRoot: Hex): Hash =>
  blake2b256Hex(
    concatBytes(
      asciiBytes("parahost:ledger:domain"),
      u32Bytes(paraId),
      hexToBytes(genesisStateRoot),
    ),
  ) as Hash;

export const bodyHash = (transfers: readonly LedgerTransfer[]): Hash =>
  blake2b256Hex(encode(LedgerBody, transfers)) as Hash;
