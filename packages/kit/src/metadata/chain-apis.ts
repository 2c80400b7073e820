/**
 * The runtime APIs of a declared chain, as clients call them by name. A guest exports none of them itself: its
 * validation code is all that validators run, so whoever holds the chain's states answers, as the code says.
 *
 * Reference: json-rpc-and-metadata.md 7.
 */
import { assert, type Hex, type Result } from "@parahost/base";
import { AccountId, Hash, Nonce, type OpaqueExtrinsic } from "@parahost/primitives";
import {
  type ApiMethod,
  METADATA_VERSIONS,
  method,
  methodOrTrap,
  OpaqueMetadata,
  PoolValidity,
  RuntimeDispatchInfo,
  RuntimeVersion,
  TransactionSource,
  TransactionValidityError,
} from "@parahost/runtime";
import { type Codec, option, result, u32, type ValueOf, vec } from "@parahost/scale";

/** What a call about a block is answered from: the state after it, and the code that stands there. */
export interface ChainAt {
  readonly version: RuntimeVersion;
  /** Encoded; `undefined` for a version that there is not. */
  metadata(version: number): Uint8Array | undefined;
  /** Nonce of the account's next transaction. */
  nonce(account: Hex): number;
  /** What the chain's code says to a transaction. */
  validate(transaction: Uint8Array): Result<ValueOf<typeof PoolValidity>, TransactionValidityError>;
  /** What the chain's code takes for it. */
  info(
    transaction: Uint8Array,
  ): Result<ValueOf<typeof RuntimeDispatchInfo>, { readonly code: string }>;
}

type Method = ApiMethod<ChainAt>;

export interface ChainApi {
  readonly version: number;
  readonly docs: string;
  /** By their names in camel case; on the wire they are in snake case. */
  readonly methods: Readonly<Record<string, Method>>;
}

const Validated = result(PoolValidity, TransactionValidityError);

/** By name. The codec of transactions is what they are described by. */
export function chainApis(extrinsic: Codec<OpaqueExtrinsic>): Readonly<Record<string, ChainApi>> {
  const core: Record<string, Method> = {
    version: method("Which code this is.", {}, RuntimeVersion, ({ version }: ChainAt) => version),
  };
  const metadata: Record<string, Method> = {
    metadata: method("Metadata of version 14.", {}, OpaqueMetadata, (at: ChainAt) => {
      const bytes = at.metadata(14);
      assert(bytes !== undefined, "version 14 is offered");
      return bytes;
    }),
    metadataAtVersion: method<{ readonly version: typeof u32 }, Uint8Array | undefined, ChainAt>(
      "Metadata of this version, if there is one.",
      { version: u32 },
      option(OpaqueMetadata),
      (at, { version }) => at.metadata(version),
    ),
    metadataVersions: method("Versions that there are.", {}, vec(u32), () => METADATA_VERSIONS),
  };
  const queue: Record<string, Method> = {
    validateTransaction: method<
      {
        readonly source: typeof TransactionSource;
        readonly tx: Codec<OpaqueExtrinsic>;
        readonly blockHash: typeof Hash;
      },
      ValueOf<typeof Validated>,
      ChainAt
    >(
      "Whether a transaction may wait for a block upon this one.",
      { source: TransactionSource, tx: extrinsic, blockHash: Hash },
      Validated,
      (at, { tx }) => {
        const valid = at.validate(tx);
        return valid.ok ? { type: "ok", value: valid.value } : { type: "err", value: valid.error };
      },
    ),
  };
  const nonces: Record<string, Method> = {
    accountNonce: method<{ readonly account: typeof AccountId }, Nonce, ChainAt>(
      "Nonce of the account's next transaction, without regard to the pool.",
      { account: AccountId },
      Nonce,
      (at, { account }) => at.nonce(account),
    ),
  };
  const payment: Record<string, Method> = {
    queryInfo: methodOrTrap<
      { readonly uxt: Codec<OpaqueExtrinsic>; readonly len: typeof u32 },
      ValueOf<typeof RuntimeDispatchInfo>,
      ChainAt
    >(
      "Weight and fee without a tip.",
      { uxt: extrinsic, len: u32 },
      RuntimeDispatchInfo,
      (at, { uxt }) => at.info(uxt),
    ),
  };
  return {
    Core: { version: 5, docs: "What every runtime has.", methods: core },
    Metadata: { version: 2, docs: "The runtime's description of itself.", methods: metadata },
    TaggedTransactionQueue: {
      version: 3,
      docs: "What the transaction pool asks.",
      methods: queue,
    },
    AccountNonceApi: { version: 1, docs: "Nonces of accounts.", methods: nonces },
    TransactionPaymentApi: { version: 4, docs: "What transactions cost.", methods: payment },
  };
}
