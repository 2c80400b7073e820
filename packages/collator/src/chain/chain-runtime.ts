/**
 * The runtime APIs of a declared chain, as clients call them by name. The guest answers none of them itself: its
 * validation code is all that validators run, so the collator answers from the declaration and from states.
 *
 * Reference: json-rpc-and-metadata.md 7.
 */
import { asciiBytes, assert, err, type Hex, ok, type Result } from "@parahost/base";
import { blake2b64 } from "@parahost/crypto";
import { type ChainSchema, palletsOf } from "@parahost/kit/schema";
import { AccountId, Hash, Nonce, OpaqueExtrinsic } from "@parahost/primitives";
import {
  type ApiMethod,
  describeRuntime,
  extrinsicType,
  METADATA_VERSIONS,
  Metadata,
  metadataOf,
  method,
  methodOrTrap,
  OpaqueMetadata,
  PoolValidity,
  type RuntimeCallError,
  type RuntimeDescription,
  RuntimeDispatchInfo,
  RuntimeVersion,
  TransactionSource,
  TransactionValidityError,
} from "@parahost/runtime";
import { type Codec, encode, option, result, u32, type ValueOf, vec } from "@parahost/scale";
import { constantsOf, describeChain } from "./describe-chain.ts";
import { readSigned } from "./signed-transaction.ts";

/** What a call about a block is answered from. */
export interface ChainAt {
  /** Nonce of the account's next transaction. */
  nonce(account: Hex): number;
  /** What the chain's code says to a transaction. */
  validate(transaction: Uint8Array): Result<ValueOf<typeof PoolValidity>, TransactionValidityError>;
}

type Method = ApiMethod<ChainAt>;

export const TransactionInfoError = { code: "notATransaction" } as const;

/** What a declared chain says about itself; made once for each version of its declaration. */
export class ChainRuntime {
  readonly schema: ChainSchema;
  readonly version: RuntimeVersion;
  readonly #methods: ReadonlyMap<string, Method>;
  readonly #description: RuntimeDescription;
  readonly #encoded = new Map<number, Uint8Array>();

  constructor(schema: ChainSchema) {
    this.schema = schema;
    const apis = this.#apis({
      ...OpaqueExtrinsic,
      type: { kind: "lazy", get: () => extrinsicType(chain.call) },
    });
    this.version = {
      specName: schema.name,
      implName: "parahost-kit",
      authoringVersion: 1,
      specVersion: schema.specVersion,
      implVersion: 0,
      apis: Object.entries(apis).map(([name, { version }]) => [
        blake2b64(asciiBytes(name)),
        version,
      ]),
      transactionVersion: schema.transactionVersion,
      systemVersion: 1,
    };
    const chain = describeChain(schema, this.version);
    this.#description = describeRuntime({ ...chain, apis });
    this.#methods = new Map(
      Object.entries(apis).flatMap(([api, { methods }]) =>
        Object.entries(methods).map(([name, found]): [string, Method] => [
          `${api}_${snakeCase(name)}`,
          found,
        ]),
      ),
    );
  }

  /** Encoded; `undefined` for a version that there is not. */
  metadata(version: number): Uint8Array | undefined {
    const known = METADATA_VERSIONS.find((candidate) => candidate === version);
    if (known === undefined) return undefined;
    const bytes =
      this.#encoded.get(known) ??
      encode(
        Metadata,
        metadataOf(this.#description, known, constantsOf(this.schema, this.version)),
      );
    this.#encoded.set(known, bytes);
    return bytes;
  }

  /** Answers a call by its name on the wire, arguments and answer encoded. */
  call(at: ChainAt, name: string, args: Uint8Array): Result<Uint8Array, RuntimeCallError> {
    const found = this.#methods.get(name);
    return found === undefined ? err({ code: "unknownFunction", name }) : found.call(at, args);
  }

  /** What the chain's declaration takes for a transaction of `length` bytes, its own length included, without a tip. */
  info(
    transaction: Uint8Array,
    length: number,
  ): Result<ValueOf<typeof RuntimeDispatchInfo>, typeof TransactionInfoError> {
    const signed = readSigned(transaction);
    const [pallet, call] = signed?.call ?? [];
    const weight = Object.values(palletsOf(this.schema))
      .filter(({ index }) => index === pallet)
      .flatMap(({ calls = {} }) => Object.values(calls))
      .find(({ index }) => index === call)?.weight;
    if (weight === undefined) return err(TransactionInfoError);
    const { base, perByte, perMegaWeight } = this.schema.fees;
    const partialFee =
      base + BigInt(length) * perByte + (BigInt(weight) * perMegaWeight) / 1_000_000n;
    return ok({ weight: { refTime: weight, proofSize: 0 }, class: { type: "normal" }, partialFee });
  }

  #apis(extrinsic: Codec<OpaqueExtrinsic>) {
    const core: Record<string, Method> = {
      version: method("Which code this is.", {}, RuntimeVersion, () => this.version),
    };
    const metadata: Record<string, Method> = {
      metadata: method("Metadata of version 14.", {}, OpaqueMetadata, () => {
        const bytes = this.metadata(14);
        assert(bytes !== undefined, "version 14 is offered");
        return bytes;
      }),
      metadataAtVersion: method(
        "Metadata of this version, if there is one.",
        { version: u32 },
        option(OpaqueMetadata),
        (_, { version }) => this.metadata(version),
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
          return valid.ok
            ? { type: "ok", value: valid.value }
            : { type: "err", value: valid.error };
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
      queryInfo: methodOrTrap(
        "Weight and fee without a tip, as declared; a chain whose code decides on fees may take another.",
        { uxt: extrinsic, len: u32 },
        RuntimeDispatchInfo,
        (_, { uxt, len }) => this.info(uxt, len),
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
    } as const;
  }
}

const Validated = result(PoolValidity, TransactionValidityError);

const snakeCase = (name: string): string =>
  name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
