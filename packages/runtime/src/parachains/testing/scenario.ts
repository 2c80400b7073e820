/**
 * A relay chain's parachain modules for tests: a state with validators, paras and real keys, on which a
 * test plays blocks. Every signature is a real one.
 *
 * ```
 * const chain = new Scenario({ validators: 4, paras: [1000, 1001] });
 * chain.beginBlock();
 * chain.enter({ candidates: [chain.backed(chain.candidate(1000))] });
 * chain.endBlock();
 * ```
 */
import { assert, err, type Result, u32Bytes } from "@parahost/base";
import {
  blake2b256,
  blake2b256Hex,
  type Sr25519Pair,
  sr25519PairFromSeed,
  sr25519Sign,
} from "@parahost/crypto";
import {
  type AccountId,
  asAccountId,
  asCollatorId,
  asCoreIndex,
  asHash,
  asParaId,
  asSessionIndex,
  asValidatorIndex,
  attestedStatement,
  type BackedCandidate,
  type Balance,
  bitfieldPayload,
  type CandidateCommitments,
  type CandidateDescriptor,
  type CollatorId,
  type CommittedCandidateReceipt,
  type CoreIndex,
  candidateHash,
  collatorSignaturePayload,
  defaultHostConfiguration,
  type Hash,
  type Header,
  type HostConfiguration,
  headerHash,
  isFeatureOn,
  type ParachainsInherentData,
  type ParaId,
  paraHeadHash,
  persistedValidationDataHash,
  type SessionIndex,
  statementPayload,
  type UncheckedSignedAvailabilityBitfield,
  type ValidatorIndex,
  type ValidityAttestation,
  validationCodeHash,
  validatorIndicesOf,
  ZERO_HASH,
} from "@parahost/primitives";
import { bitsAt } from "@parahost/scale";
// Puts the sums of calls and events together, which encoding a state needs.
import "../../runtime.ts";
import { type DispatchError, eventsOf, NONE, type State } from "../../framework/index.ts";
import { errors as balancesErrors } from "../../pallets/balances/storage.ts";
import { setFreeBalance } from "../../pallets/balances/transfer.ts";
import type { SessionValidator } from "../../pallets/session/keys.ts";
import { beginBlock, blockNumber, parentHash } from "../../pallets/system/block.ts";
import { emptyState } from "../../testing/state.ts";
import { errors as auctionErrors } from "../claim-auction/claim-auction.ts";
import {
  configuration,
  initializeConfiguration,
  updateConfiguration,
} from "../configuration/configuration.ts";
import { errors as disputesErrors } from "../disputes/storage.ts";
import { errors as fishermenErrors } from "../fishermen/storage.ts";
import { candidatesPendingAvailability } from "../inclusion/inclusion.ts";
import { errors as inclusionErrors } from "../inclusion/storage.ts";
import { onFinalize, onInitialize, onNewSession } from "../initializer.ts";
import { errors as onDemandErrors } from "../on-demand/storage.ts";
import {
  currentCodeHash,
  initializePara,
  type ParaGenesisArgs,
  paraHead,
  scheduleParaInitialize,
} from "../paras/paras.ts";
import { errors as parasErrors } from "../paras/storage.ts";
import { createInherent } from "../paras-inherent/create-inherent.ts";
import { paraInherent } from "../paras-inherent/paras-inherent.ts";
import { errors as inherentErrors } from "../paras-inherent/storage.ts";
import { errors as registrarErrors } from "../registrar/storage.ts";
import { errors as remoteDisputesErrors } from "../remote-disputes/storage.ts";
import {
  coreCount,
  groupAssignedToCore,
  groupValidators,
  scheduled,
} from "../scheduler/scheduler.ts";
import { sessionInfo } from "../session-info.ts";
import { activeValidatorIndices, activeValidatorKeys, sessionIndex } from "../shared/shared.ts";
import { errors as slashingErrors } from "../slashing/storage.ts";
import { errors as suspensionsErrors } from "../suspension/storage.ts";

export interface ScenarioOptions {
  /** Number of authorities. */
  readonly validators: number;
  /** Ids of the parachains; those in `parathreads` live on claims. */
  readonly paras?: readonly number[];
  readonly parathreads?: readonly number[];
  readonly configuration?: Partial<HostConfiguration>;
  readonly sessionDelay?: number;
}

/** What a test changes of an otherwise valid candidate. */
export interface CandidateChanges {
  readonly descriptor?: Partial<Extract<CandidateDescriptor, { version: 1 }>>;
  readonly commitments?: Partial<CandidateCommitments>;
  /** A version 2 descriptor for this core and session. */
  readonly version2?: { readonly core?: number; readonly session?: number };
  /** Context of an earlier block; the parent unless given. */
  readonly relayParent?: Header;
  /** Head that it builds on; the para's last, included or pending, unless given. */
  readonly parentHead?: Uint8Array;
  /** Who makes and signs it. */
  readonly collator?: Sr25519Pair;
}

export interface BackingChanges {
  /** Positions in the group; all members unless given. */
  readonly voters?: readonly number[];
  /** Core named in the vote bits; the para's scheduled one unless given. */
  readonly core?: number;
  /** Signs in place of the members. */
  readonly signer?: Sr25519Pair;
  /** The kind of the votes: all but the first are `explicit` unless given. */
  readonly kind?: ValidityAttestation["type"];
}

export interface InherentParts {
  readonly bitfields?: readonly UncheckedSignedAvailabilityBitfield[];
  readonly candidates?: readonly BackedCandidate[];
  readonly disputes?: ParachainsInherentData["disputes"];
  readonly parentHeader?: Header;
}

/** The pair that a name stands for. */
export const pairOf = (name: string): Sr25519Pair =>
  sr25519PairFromSeed(blake2b256(new TextEncoder().encode(name)));

export const codeOf = (para: number, version = 0): Uint8Array =>
  new TextEncoder().encode(`validation code ${version} of ${para}`);

export const genesisHeadOf = (para: number): Uint8Array => u32Bytes(para);

/** An authority whose keys all come from one name. */
export function authority(name: string): SessionValidator {
  const { publicKey } = pairOf(name);
  return {
    account: blake2b256Hex(new TextEncoder().encode(name)),
    keys: {
      grandpa: publicKey,
      babe: publicKey,
      paraValidator: publicKey,
      paraAssignment: pairOf(`${name} assignment`).publicKey,
      authorityDiscovery: pairOf(`${name} discovery`).publicKey,
      beefy: `0x02${publicKey.slice(2)}`,
    },
  } as SessionValidator;
}

export class Scenario {
  readonly state: State = emptyState();
  /** Authorities of the running session. */
  authorities: readonly SessionValidator[];
  /** Headers of all blocks, by number; made up but for their links. */
  readonly headers: Header[] = [];
  readonly #pairs = new Map<string, Sr25519Pair>();

  constructor(options: ScenarioOptions) {
    const { validators, paras = [], parathreads = [] } = options;
    const all = [...paras, ...parathreads];
    this.authorities = this.#named(validators);
    initializeConfiguration(
      this.state,
      defaultHostConfiguration(
        { validatorCount: validators, groupSize: 1, slotMs: 6000 },
        {
          asyncBackingParams: { maxCandidateDepth: 0, allowedAncestryLen: 0 },
          ...options.configuration,
        },
      ),
    );
    for (const para of all)
      initializePara(this.state, asParaId(para), {
        genesisHead: genesisHeadOf(para),
        validationCode: codeOf(para),
        parachain: paras.includes(para),
      });
    onNewSession(this.state, true, asSessionIndex(0), this.authorities, this.authorities);
    this.headers.push(this.#madeUpHeader(0, ZERO_HASH));
  }

  #named(count: number): SessionValidator[] {
    return Array.from({ length: count }, (_, i) => {
      const name = `validator ${i}`;
      const member = authority(name);
      this.#pairs.set(member.keys.paraValidator, pairOf(name));
      return member;
    });
  }

  #madeUpHeader(number: number, parent: Hash): Header {
    return {
      parentHash: parent,
      number,
      stateRoot: asHash(blake2b256Hex(u32Bytes(number))),
      extrinsicsRoot: ZERO_HASH,
      digest: [],
    };
  }

  // Blocks

  get now(): number {
    return blockNumber(this.state);
  }

  get session(): SessionIndex {
    return sessionIndex(this.state);
  }

  get configuration(): HostConfiguration {
    return configuration(this.state);
  }

  /** Header of the block under the one being made. */
  get parent(): Header {
    const parent = this.headers.at(-1);
    assert(parent !== undefined, "there is genesis");
    return parent;
  }

  /** Begins the next block and initializes the modules. */
  beginBlock(): this {
    beginBlock(this.state, this.now + 1, headerHash(this.parent), []);
    onInitialize(this.state, this.now);
    return this;
  }

  /** Announces the next session in the running block. */
  announceSession(validators = this.authorities.length): this {
    this.authorities = this.#named(validators);
    const next = asSessionIndex(this.session + 1);
    onNewSession(this.state, true, next, this.authorities, this.authorities);
    return this;
  }

  endBlock(): this {
    onFinalize(this.state);
    this.headers.push(this.#madeUpHeader(this.now, parentHash(this.state)));
    return this;
  }

  /** Plays whole blocks that carry nothing, up to block `number`. */
  playTo(number: number): this {
    while (this.now < number) {
      this.beginBlock();
      this.mustEnter({});
      this.endBlock();
    }
    return this;
  }

  /** Plays a block that carries nothing and announces the next session. */
  changeSession(validators = this.authorities.length): this {
    this.beginBlock();
    this.announceSession(validators);
    this.mustEnter({});
    return this.endBlock();
  }

  /** Changes the configuration with the next session. */
  setConfiguration(change: Partial<HostConfiguration>): void {
    const result = updateConfiguration(this.state, (base) => ({ ...base, ...change }));
    assert(result.ok, "the configuration is consistent");
  }

  /** Replaces the active configuration, as a session change does. */
  setActiveConfiguration(active: HostConfiguration): void {
    initializeConfiguration(this.state, active);
  }

  /** Schedules a new para. */
  register(para: number, genesis: ParaGenesisArgs): ReturnType<typeof scheduleParaInitialize> {
    return scheduleParaInitialize(this.state, asParaId(para), genesis);
  }

  // Accounts

  /** The account of a name, with this balance. */
  endow(name: string, free: Balance): AccountId {
    const account = accountOf(name);
    const set = setFreeBalance(this.state, account, free);
    assert(set.ok, `${name} can have ${free}`);
    return account;
  }

  /** Takes everything that an account has free. */
  empty(account: AccountId): void {
    const set = setFreeBalance(this.state, account, 0n);
    assert(set.ok, `${account} can be emptied`);
  }

  // Inherents

  inherentData(parts: InherentParts): ParachainsInherentData {
    return {
      bitfields: parts.bitfields ?? [],
      backedCandidates: parts.candidates ?? [],
      disputes: parts.disputes ?? [],
      parentHeader: parts.parentHeader ?? this.parent,
    };
  }

  /** Applies the inherent; a refused one leaves no trace. */
  enter(parts: InherentParts): Result<unknown, string> {
    this.state.begin();
    const result = paraInherent.calls.enter.dispatch(this.state, NONE, {
      data: this.inherentData(parts),
    });
    if (result.ok) this.state.commit();
    else this.state.rollback();
    return result.ok ? result : err(errorName(result.error));
  }

  mustEnter(parts: InherentParts): void {
    const result = this.enter(parts);
    assert(result.ok, `the inherent is refused: ${result.ok ? "" : result.error}`);
  }

  /** What an author would make of the parts. */
  create(parts: InherentParts): ParachainsInherentData {
    return createInherent(this.state, this.inherentData(parts));
  }

  // Validators

  /** The pair of an active validator. */
  pair(validator: number): Sr25519Pair {
    const key = activeValidatorKeys(this.state)[validator];
    const pair = key === undefined ? undefined : this.#pairs.get(key);
    assert(pair !== undefined, `there is no validator ${validator}`);
    return pair;
  }

  /** The pair of a validator of a session that is remembered. */
  pairIn(session: SessionIndex, validator: number): Sr25519Pair {
    const key = sessionInfo(this.state, session)?.validators[validator];
    const pair = key === undefined ? undefined : this.#pairs.get(key);
    assert(pair !== undefined, `session ${session} has no validator ${validator}`);
    return pair;
  }

  /** Position of an active validator among the authorities. */
  authorityOf(validator: number): number {
    return activeValidatorIndices(this.state)[validator] as number;
  }

  /** A bitfield of `validator` that votes for these cores. */
  bitfield(
    validator: number,
    cores: readonly number[],
    changes: {
      readonly length?: number;
      readonly signer?: Sr25519Pair;
      readonly parentHash?: Hash;
      readonly session?: number;
    } = {},
  ): UncheckedSignedAvailabilityBitfield {
    const payload = bitsAt(changes.length ?? coreCount(this.state), cores);
    const context = {
      sessionIndex: asSessionIndex(changes.session ?? this.session),
      parentHash: changes.parentHash ?? parentHash(this.state),
    };
    return {
      payload,
      validatorIndex: asValidatorIndex(validator),
      signature: sr25519Sign(
        changes.signer ?? this.pair(validator),
        bitfieldPayload(payload, context),
      ),
    };
  }

  /** Bitfields of validators `from` to `to`, `to` not included. */
  bitfields(
    from: number,
    to: number,
    cores: readonly number[],
  ): UncheckedSignedAvailabilityBitfield[] {
    return Array.from({ length: to - from }, (_, i) => this.bitfield(from + i, cores));
  }

  // Candidates

  /** The core on which a para is scheduled now. */
  coreOf(para: number): CoreIndex {
    const assignment = scheduled(this.state).find(({ paraId }) => paraId === para);
    assert(assignment !== undefined, `para ${para} is not scheduled`);
    return assignment.core;
  }

  /** A valid next candidate of a para, but for the changes. */
  candidate(para: number, changes: CandidateChanges = {}): CommittedCandidateReceipt {
    const paraId = asParaId(para);
    const relayParent = changes.relayParent ?? this.parent;
    const parentHead = changes.parentHead ?? this.#tip(paraId);
    const commitments: CandidateCommitments = {
      upwardMessages: [],
      horizontalMessages: [],
      newValidationCode: undefined,
      headData: blake2b256(parentHead),
      processedDownwardMessages: 0,
      hrmpWatermark: relayParent.number,
      ...changes.commitments,
    };
    const common = {
      paraId,
      relayParent: headerHash(relayParent),
      persistedValidationDataHash: persistedValidationDataHash({
        parentHead,
        relayParentNumber: relayParent.number,
        relayParentStorageRoot: relayParent.stateRoot,
        maxPovSize: this.configuration.maxPovSize,
      }),
      povHash: asHash(`0x${"01".repeat(32)}`),
      erasureRoot: asHash(`0x${"02".repeat(32)}`),
      paraHead: paraHeadHash(commitments.headData),
      validationCodeHash: currentCodeHash(this.state, paraId) ?? validationCodeHash(codeOf(para)),
    };
    const { version2, collator = pairOf("collator") } = changes;
    if (version2 !== undefined)
      return {
        descriptor: {
          version: 2,
          ...common,
          coreIndex: asCoreIndex(version2.core ?? this.coreOf(para)),
          sessionIndex: asSessionIndex(version2.session ?? this.session),
        },
        commitments,
      };
    const descriptor = {
      version: 1,
      ...common,
      collator: asCollatorId(collator.publicKey),
      signature: new Uint8Array(64),
      ...changes.descriptor,
    } as const;
    const signature =
      changes.descriptor?.signature ?? sr25519Sign(collator, collatorSignaturePayload(descriptor));
    return { descriptor: { ...descriptor, signature }, commitments };
  }

  #tip(para: ParaId): Uint8Array {
    const pending = candidatesPendingAvailability(this.state, para).at(-1);
    const head = pending?.commitments.headData ?? paraHead(this.state, para);
    assert(head !== undefined, `para ${para} has no head`);
    return head;
  }

  /** Members of the group that backs for a core in the context of a candidate's relay parent. */
  groupOf(core: number, candidate: CommittedCandidateReceipt): readonly ValidatorIndex[] {
    const relayParent = this.headers.find(
      (header) => headerHash(header) === candidate.descriptor.relayParent,
    );
    const at = (relayParent ?? this.parent).number + 1;
    const group = groupAssignedToCore(this.state, asCoreIndex(core), at);
    return (group === undefined ? undefined : groupValidators(this.state, group)) ?? [];
  }

  /** The candidate with the votes of its group. */
  backed(candidate: CommittedCandidateReceipt, changes: BackingChanges = {}): BackedCandidate {
    const core = changes.core ?? this.coreOf(candidate.descriptor.paraId);
    const group = this.groupOf(core, candidate);
    const voters = changes.voters ?? group.map((_, position) => position);
    const hash = candidateHash(candidate);
    const context = {
      sessionIndex: this.session,
      parentHash: candidate.descriptor.relayParent,
    };
    const validityVotes = voters.map((position, i): ValidityAttestation => {
      const type = changes.kind ?? (i === 0 ? "implicit" : "explicit");
      const statement = attestedStatement({ type, value: new Uint8Array(64) }, hash);
      const signer = changes.signer ?? this.pair(group[position] as number);
      return { type, value: sr25519Sign(signer, statementPayload(statement, context)) };
    });
    const carriesCore = isFeatureOn(this.configuration.nodeFeatures, "elasticScaling");
    return {
      candidate,
      validityVotes,
      validatorIndices: validatorIndicesOf({
        voters: bitsAt(group.length, voters),
        coreIndex: carriesCore ? asCoreIndex(core) : undefined,
      }),
    };
  }

  /** Plays a block in which each of these paras gets a candidate backed. */
  playBacking(...paras: readonly number[]): this {
    this.beginBlock();
    this.mustEnter({
      candidates: paras.map((para) => this.backed(this.candidate(para))).sort(byNamedCore),
    });
    return this.endBlock();
  }

  /** Plays a block in which all validators vote for the candidates on these cores. */
  playAvailability(...cores: readonly number[]): this {
    this.beginBlock();
    this.mustEnter({ bitfields: this.bitfields(0, this.authorities.length, cores) });
    return this.endBlock();
  }

  // Events

  /** Events of the running or last block: `pallet.event`. */
  get events(): readonly string[] {
    return eventsOf(this.state).map(({ event }) => `${event.type}.${event.value.type}`);
  }
}

const byNamedCore = (a: BackedCandidate, b: BackedCandidate): number =>
  a.candidate.descriptor.paraId - b.candidate.descriptor.paraId;

/** Names of errors: the first four bytes of a module's error are its position in the list. */
export function errorName(error: DispatchError): string {
  if (error.type !== "module") return error.type;
  const lists = [
    inclusionErrors,
    inherentErrors,
    parasErrors,
    registrarErrors,
    balancesErrors,
    auctionErrors,
    onDemandErrors,
    disputesErrors,
    slashingErrors,
    fishermenErrors,
    remoteDisputesErrors,
    suspensionsErrors,
  ];
  const list = lists.find(({ declared }) => declared.index === error.value.index);
  return list?.declared.names[error.value.error[0] as number] ?? "unknown";
}

/** The account that a name stands for. */
export const accountOf = (name: string): AccountId =>
  asAccountId(blake2b256Hex(new TextEncoder().encode(`account ${name}`)));

/** Makes a collator id from a pair. */
export const collatorOf = (pair: Sr25519Pair): CollatorId => asCollatorId(pair.publicKey);
