/**
 * Every runtime API that answers encoded calls: `BabeApi_current_epoch` is `currentEpoch` of `BabeApi`.
 * The answers are the functions of `runtime-api.ts`; this table only says how they are encoded, and what
 * metadata shows of them.
 *
 * Reference: json-rpc-and-metadata.md 7.
 */
import { assert, expectOk } from "@parahost/base";
import {
  AccountId,
  Balance,
  Block,
  Hash,
  Header,
  Nonce,
  OpaqueExtrinsic,
} from "@parahost/primitives";
import { type Codec, DecodeError, mapped, option, result, u32, unit, vec } from "@parahost/scale";
import { validateTransaction } from "../executive.ts";
import {
  DispatchError,
  RuntimeCall,
  TransactionValidityError,
  Weight,
} from "../framework/index.ts";
import * as api from "../runtime-api.ts";
import { decodeExtrinsic } from "../transaction/extrinsic.ts";
import { type ApiName, RuntimeVersion } from "../version.ts";
import {
  FeeDetails,
  OpaqueMetadata,
  RuntimeDispatchInfo,
  TransactionSource,
  ValidTransaction,
} from "./api-types.ts";
import { BABE_API, GRANDPA_API } from "./consensus-apis.ts";
import { METADATA_VERSIONS } from "./describe.ts";
import {
  applyInBlock,
  ExtrinsicInclusionMode,
  executed,
  finalized,
  inherentsOfBlock,
  opened,
} from "./dry-run.ts";
import { extrinsicType } from "./extrinsic.ts";
import { GENESIS_BUILDER } from "./genesis-builder.ts";
import { CheckInherentsResult, checkedInherents, InherentData } from "./inherents.ts";
import { PARACHAIN_HOST } from "./parachain-host.ts";
import { method, methodOrTrap, type RuntimeApi } from "./runtime-api.ts";
import { AUTHORITY_DISCOVERY_API, SESSION_KEYS_API, STAKING_API } from "./validator-apis.ts";

// Types

/** Bytes with a length before them, as clients see an extrinsic. */
const Extrinsic: Codec<OpaqueExtrinsic> = {
  ...OpaqueExtrinsic,
  type: { kind: "lazy", get: () => extrinsicType(RuntimeCall.type) },
};

/** The same for questions that only an extrinsic of this runtime has an answer to. */
const DecodableExtrinsic: Codec<OpaqueExtrinsic> = mapped(
  Extrinsic,
  (extrinsic) => extrinsic,
  (extrinsic, offset) => {
    const decoded = decodeExtrinsic(extrinsic);
    if (decoded.ok) return extrinsic;
    const { error } = decoded;
    const why =
      error.code === "undecodableExtrinsic" ? error.failure.message : `byte ${error.firstByte}`;
    throw new DecodeError("badValue", offset, `not an extrinsic of this runtime: ${why}`);
  },
);

// Table

export const RUNTIME_APIS: Readonly<Record<ApiName, RuntimeApi>> = {
  Core: {
    docs: "What every runtime has.",
    methods: {
      version: method("Which runtime this is.", {}, RuntimeVersion, ({ state }) =>
        api.version(state),
      ),
      executeBlock: methodOrTrap(
        "Executes a block, seal taken off, upon this one, and forgets it.",
        { block: Block },
        unit,
        ({ state }, { block }) => executed(state, block),
      ),
      initializeBlock: methodOrTrap(
        "Opens a block upon this one, and forgets it. Says which extrinsics it may have.",
        { header: Header },
        ExtrinsicInclusionMode,
        ({ state }, { header }) => opened(state, header),
      ),
    },
  },
  Metadata: {
    docs: "The runtime's description of itself.",
    methods: {
      metadata: method("Metadata of version 14.", {}, OpaqueMetadata, (context) => {
        const metadata = context.metadata(14);
        assert(metadata !== undefined, "version 14 is offered");
        return metadata;
      }),
      metadataAtVersion: method(
        "Metadata of this version, if there is one.",
        { version: u32 },
        option(OpaqueMetadata),
        (context, { version }) => context.metadata(version),
      ),
      metadataVersions: method("Versions that there are.", {}, vec(u32), () => METADATA_VERSIONS),
    },
  },
  BlockBuilder: {
    docs: "The steps of building a block. Each forgets what it did; a block that is to be kept is built upon one state.",
    methods: {
      applyExtrinsic: method(
        "Applies an extrinsic in the block that is being built, or in one upon this.",
        { extrinsic: DecodableExtrinsic },
        result(result(unit, DispatchError), TransactionValidityError),
        ({ state, blockHash }, { extrinsic }) => applyInBlock(state, blockHash, extrinsic),
      ),
      finalizeBlock: methodOrTrap(
        "Closes the block that is being built: its header without a seal.",
        {},
        Header,
        ({ state }) => finalized(state),
      ),
      inherentExtrinsics: methodOrTrap(
        "The inherents of the block that is being built, or of one upon this, from what its author knows.",
        { inherent: InherentData },
        vec(Extrinsic),
        ({ state, blockHash }, { inherent }) => inherentsOfBlock(state, blockHash, inherent),
      ),
      checkInherents: method(
        "Whether a block's inherents agree with what an importer knows: its own time.",
        { block: Block, data: InherentData },
        CheckInherentsResult,
        (_, { block, data }) => checkedInherents(block, data),
      ),
    },
  },
  TaggedTransactionQueue: {
    docs: "What the transaction pool asks.",
    methods: {
      validateTransaction: method(
        "Whether a transaction may enter the pool upon the block with this hash.",
        { source: TransactionSource, tx: Extrinsic, blockHash: Hash },
        result(ValidTransaction, TransactionValidityError),
        ({ state }, { tx, blockHash }) => {
          const valid = validateTransaction(state, tx, blockHash);
          return valid.ok
            ? { type: "ok", value: valid.value }
            : { type: "err", value: valid.error };
        },
      ),
    },
  },
  AccountNonceApi: {
    docs: "Nonces of accounts.",
    methods: {
      accountNonce: method(
        "Nonce of the account's next transaction, without regard to the pool.",
        { account: AccountId },
        Nonce,
        ({ state }, { account }) => api.accountNonce(state, account),
      ),
    },
  },
  TransactionPaymentApi: {
    docs: "What transactions cost.",
    methods: {
      queryInfo: method(
        "Weight, class and fee without a tip, for an extrinsic of `len` bytes: its own, the length before it included.",
        { uxt: DecodableExtrinsic, len: u32 },
        RuntimeDispatchInfo,
        ({ state }, { uxt, len }) => {
          const {
            weight,
            class: type,
            partialFee,
          } = expectOk(api.queryInfo(state, uxt, len), "decoded");
          return { weight, class: { type }, partialFee };
        },
      ),
      queryFeeDetails: method(
        "The parts of the fee.",
        { uxt: DecodableExtrinsic, len: u32 },
        FeeDetails,
        ({ state }, { uxt, len }) => {
          const { inclusionFee, tip } = expectOk(api.queryFeeDetails(state, uxt, len), "decoded");
          if (inclusionFee === undefined) return { inclusionFee, tip };
          const { baseFee, lengthFee, adjustedWeightFee } = inclusionFee;
          return { inclusionFee: { baseFee, lenFee: lengthFee, adjustedWeightFee }, tip };
        },
      ),
      queryWeightToFee: method(
        "What weight costs, before the multiplier.",
        { weight: Weight },
        Balance,
        (_, { weight }) => api.weightToFee(weight),
      ),
      queryLengthToFee: method("What bytes cost.", { length: u32 }, Balance, (_, { length }) =>
        api.lengthToFee(length),
      ),
    },
  },
  BabeApi: BABE_API,
  GrandpaApi: GRANDPA_API,
  ParachainHost: PARACHAIN_HOST,
  AuthorityDiscoveryApi: AUTHORITY_DISCOVERY_API,
  SessionKeys: SESSION_KEYS_API,
  StakingApi: STAKING_API,
  GenesisBuilder: GENESIS_BUILDER,
};
