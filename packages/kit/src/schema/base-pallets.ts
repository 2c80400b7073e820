/** The pallets that every chain of the kit has, as the guest library lays them out: names and indices are Polkadot's. */
import { AccountId, Balance, Hash, MultiAddress } from "@parahost/primitives";
import { DispatchError, Weight } from "@parahost/runtime";
import { bool, bytes, compactU128, struct, u32, u64, u128, variant } from "@parahost/scale";
import {
  blake2_128Concat,
  type ChainSchema,
  call,
  event,
  map,
  type PalletSchema,
  twox64Concat,
  value,
} from "./chain.ts";

/** What a transaction has cost, told with its outcome. */
const DispatchInfo = struct(
  {
    weight: Weight,
    class: variant({ normal: 0, operational: 1, mandatory: 2 }),
    paysFee: variant({ yes: 0, no: 1 }),
  },
  ["frame_system", "DispatchEventInfo"],
);

/** `System.Account`. */
export const AccountInfo = struct(
  {
    nonce: u32,
    consumers: u32,
    providers: u32,
    sufficients: u32,
    data: struct({ free: u128, reserved: u128, frozen: u128, flags: u128 }, [
      "pallet_balances",
      "types",
      "AccountData",
    ]),
  },
  ["frame_system", "AccountInfo"],
);

/** Polkadot's clients expect the flag of the newer rules for balances also where there is nothing. */
const NO_ACCOUNT = {
  nonce: 0,
  consumers: 0,
  providers: 0,
  sufficients: 0,
  data: { free: 0n, reserved: 0n, frozen: 0n, flags: 1n << 127n },
};

/** What the guest library reckons its own calls' fees from. */
const REMARK_WEIGHT = 50_000_000;
const TRANSFER_WEIGHT = 200_000_000;

const whoAndAmount = { who: AccountId, amount: Balance };
const transferArgs = { dest: MultiAddress, value: compactU128 };

export const BASE_PALLETS = {
  System: {
    index: 0,
    storage: {
      account: map("Accounts.", blake2_128Concat(AccountId), AccountInfo, NO_ACCOUNT),
      number: value("The block's number.", u32),
      parentHash: value("The hash of the block before.", Hash),
      blockHash: map("Hashes of recent blocks.", twox64Concat(u32), Hash),
      eventCount: value("How many events the block has.", u32, 0),
    },
    calls: {
      remark: call(0, "Says something.", { remark: bytes() }, REMARK_WEIGHT),
      remarkWithEvent: call(
        7,
        "Says something, and that it was said.",
        { remark: bytes() },
        REMARK_WEIGHT,
      ),
    },
    events: {
      ExtrinsicSuccess: event(0, "A transaction did what it should.", {
        dispatchInfo: DispatchInfo,
      }),
      ExtrinsicFailed: event(1, "A transaction failed.", {
        dispatchError: DispatchError,
        dispatchInfo: DispatchInfo,
      }),
      NewAccount: event(3, "An account begins.", { account: AccountId }),
      KilledAccount: event(4, "An account ends.", { account: AccountId }),
      Remarked: event(5, "Somebody said something.", { sender: AccountId, hash: Hash }),
    },
  },
  ParachainSystem: {
    index: 1,
    storage: {
      lastRelayChainBlockNumber: value("Of the relay chain block it is made for.", u32),
      pendingValidationCodeHash: value("Of code that is announced.", Hash),
    },
    events: {
      ValidationFunctionStored: event(0, "New code is announced."),
      ValidationFunctionApplied: event(1, "New code takes over.", { relayChainBlockNum: u32 }),
      ValidationFunctionDiscarded: event(2, "New code is refused."),
    },
  },
  Timestamp: {
    index: 2,
    storage: { now: value("Milliseconds since 1970, of the last block that asked.", u64, 0n) },
  },
  ParachainInfo: {
    index: 3,
    storage: { parachainId: value("The chain's number.", u32) },
  },
  Balances: {
    index: 10,
    storage: { totalIssuance: value("All tokens.", Balance, 0n) },
    calls: {
      transferAllowDeath: call(0, "Moves tokens.", transferArgs, TRANSFER_WEIGHT),
      transferKeepAlive: call(
        3,
        "Moves tokens; the sender's account goes on.",
        transferArgs,
        TRANSFER_WEIGHT,
      ),
      transferAll: call(
        4,
        "Moves all tokens.",
        { dest: MultiAddress, keepAlive: bool },
        TRANSFER_WEIGHT,
      ),
    },
    events: {
      Endowed: event(0, "An account begins with tokens.", {
        account: AccountId,
        freeBalance: Balance,
      }),
      DustLost: event(1, "Too little was left of an account.", {
        account: AccountId,
        amount: Balance,
      }),
      Transfer: event(2, "Tokens moved.", { from: AccountId, to: AccountId, amount: Balance }),
      Reserved: event(4, "Tokens are set aside.", whoAndAmount),
      Unreserved: event(5, "Tokens are free again.", whoAndAmount),
      Withdraw: event(8, "A fee was taken.", whoAndAmount),
      Minted: event(10, "Tokens were made.", whoAndAmount),
      Burned: event(12, "Tokens were destroyed.", whoAndAmount),
    },
  },
  TransactionPayment: {
    index: 11,
    events: {
      TransactionFeePaid: event(0, "What a transaction paid.", {
        who: AccountId,
        actualFee: Balance,
        tip: Balance,
      }),
    },
  },
} as const satisfies Readonly<Record<string, PalletSchema>>;

/** All pallets of a chain by name, those of the kit first. */
export const palletsOf = (schema: ChainSchema): Readonly<Record<string, PalletSchema>> => ({
  ...BASE_PALLETS,
  ...schema.pallets,
});
