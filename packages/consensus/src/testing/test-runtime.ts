/**
 * For tests: a state machine with no state but its root, which is a hash of all that was executed; and
 * blocks for it. Some extrinsics make it misbehave.
 */
import { concatBytes, err, hexToBytes, ok, type Result } from "@parahost/base";
import { blake2b256Hex } from "@parahost/crypto";
import {
  asHash,
  type BabeConfiguration,
  type Block,
  type Body,
  type DigestItem,
  type Hash,
  type Header,
  headerHash,
  type Slot,
} from "@parahost/primitives";
import type { Proposal, Proposer } from "../babe/author.ts";
import { claimSlot } from "../babe/claim.ts";
import { preDigestItem } from "../babe/digest.ts";
import type { Chain, Genesis } from "../chain.ts";
import {
  type BlockExecutor,
  type Executed,
  type ExecutionRefusal,
  extrinsicsRoot,
  type ImportableBlock,
} from "../import.ts";
import {
  announcementItem,
  configurationOf,
  GENESIS,
  keystoreOf,
  sealedBy,
  slot,
} from "./authored.ts";
import { grandpaAuthorities } from "./voters.ts";

/** The state root after this body on that state. */
function stateRootAfter(parent: Header, body: Body): Hash {
  return asHash(blake2b256Hex(concatBytes(hexToBytes(parent.stateRoot), ...body)));
}

export const INVALID = new Uint8Array([0xbd]);
export const WRONG_TIME = new Uint8Array([0x77]);
/** Its execution deposits a digest item. */
export const DEPOSITING = new Uint8Array([0xdd]);

/** What execution did: here just the new root. */
export type TestChanges = Hash;

export class TestExecutor implements BlockExecutor<TestChanges> {
  executions = 0;

  executeBlock(
    parent: Header,
    { header, extrinsics }: Block,
  ): Result<Executed<TestChanges>, ExecutionRefusal> {
    this.executions += 1;
    if (extrinsics.some(([first]) => first === INVALID[0]))
      return err({ code: "invalidExtrinsic" });
    const stateRoot = stateRootAfter(parent, extrinsics);
    const isDepositing = extrinsics.some(([first]) => first === DEPOSITING[0]);
    const more: DigestItem[] = isDepositing ? [{ type: "other", value: new Uint8Array([1]) }] : [];
    return ok({
      header: { ...header, stateRoot, digest: [...header.digest, ...more] },
      changes: stateRoot,
    });
  }

  checkInherents(_: Header, { extrinsics }: Block): Result<void, ExecutionRefusal> {
    const isWrong = extrinsics.some(([first]) => first === WRONG_TIME[0]);
    return isWrong ? err({ code: "timestampTooFarAhead" }) : ok(undefined);
  }
}

export const genesisOf = (
  names: readonly string[],
  overrides: Partial<BabeConfiguration> = {},
): Genesis<TestChanges> => ({
  header: GENESIS,
  configuration: configurationOf(names, overrides),
  authorities: grandpaAuthorities(...names),
  changes: GENESIS.stateRoot,
});

export interface BlockOptions {
  readonly body?: Body;
  /** Digest items that execution would deposit. */
  readonly logs?: readonly DigestItem[];
  /** Header fields that lie. */
  readonly overrides?: Partial<Header>;
  /** Who authors it, when that is not whose turn it is. */
  readonly sealedBy?: string;
}

/** The sealed block that one of `names` authors in slot `at` on a parent in the chain's tree. */
export function blockOf(
  chain: Chain<TestChanges>,
  parent: Header,
  at: number,
  names: readonly string[],
  { body = [], logs = [], overrides = {}, ...options }: BlockOptions = {},
): ImportableBlock {
  const { epoch, isFirst } = chain.epochs.epochFor(headerHash(parent), slot(at));
  for (const name of names) {
    const claim = claimSlot(slot(at), epoch, keystoreOf(name));
    if (claim === undefined) continue;
    const header: Header = {
      ...unsealedBlock(
        parent,
        preDigestItem(claim.preDigest),
        body,
        isFirst ? announcing(chain) : [],
        logs,
      ),
      ...overrides,
    };
    return { header: sealedBy(options.sealedBy ?? name, header), body };
  }
  throw new Error(`nobody of ${names} may author slot ${at}`);
}

const announcing = ({ configuration }: Chain<TestChanges>): DigestItem[] => [
  announcementItem({
    authorities: configuration.authorities,
    randomness: configuration.randomness,
  }),
];

function unsealedBlock(
  parent: Header,
  preDigest: DigestItem,
  body: Body,
  ...more: readonly (readonly DigestItem[])[]
): Header {
  return {
    parentHash: headerHash(parent),
    number: parent.number + 1,
    stateRoot: stateRootAfter(parent, body),
    extrinsicsRoot: extrinsicsRoot(body),
    digest: [preDigest, ...more.flat()],
  };
}

/** Builds blocks with the body that `body` gives, and says what they did. */
export class TestProposer implements Proposer<TestChanges> {
  readonly #chain: Chain<TestChanges>;
  readonly #body: (slot: Slot) => Body;
  readonly #logs: (number: number) => readonly DigestItem[];

  constructor(
    chain: Chain<TestChanges>,
    body: (slot: Slot) => Body = () => [],
    logs: (number: number) => readonly DigestItem[] = () => [],
  ) {
    this.#chain = chain;
    this.#body = body;
    this.#logs = logs;
  }

  propose({
    parentHeader,
    slot: at,
    preDigest,
  }: Parameters<Proposer<TestChanges>["propose"]>[0]): Promise<Proposal<TestChanges>> {
    const { isFirst } = this.#chain.epochs.epochFor(headerHash(parentHeader), at);
    const body = this.#body(at);
    const announced = isFirst ? announcing(this.#chain) : [];
    const logs = this.#logs(parentHeader.number + 1);
    const header = unsealedBlock(parentHeader, preDigest, body, announced, logs);
    return Promise.resolve({ header, body, executed: { header, changes: header.stateRoot } });
  }
}
