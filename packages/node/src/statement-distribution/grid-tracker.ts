/**
 * Backed candidates beyond their group: who announced them to us and to whom we announce them. A
 * manifest says "I have this candidate with these statements", an acknowledgement "so have I"; once two
 * validators have told each other, late statements pass between them directly.
 *
 * A manifest is repeated a few times until it is answered; a repeated one is acknowledged again, since
 * the first acknowledgement may be what was lost. Late statements are not repeated: the candidate has its
 * quorum without them. Node-side reference, 5.11, grid rules.
 *
 * Bounds: a validator may claim `secondedMax` seconded candidates per group member, and a manifest
 * claims at least one, so what is kept per validator is at most that many for each member of each group.
 */
import { err, ok, type Result } from "@parahost/base";
import type { StatementFilter } from "@parahost/network";
import type {
  CandidateHash,
  CompactStatement,
  GroupIndex,
  ValidatorIndex,
} from "@parahost/primitives";
import { REPEATS_MAX, SENDS_MAX } from "./cluster-tracker.ts";
import type { GridView } from "./grid-view.ts";
import { covers, hasStatement } from "./statement-filter.ts";
import type { Membership, SignedVote } from "./statement-store.ts";

export type Announcement = "manifest" | "acknowledgement";

export type GridRefusal =
  /** The topology is not known yet; nobody's fault. */
  | { readonly code: "noTopology" }
  /** Not somebody from whom the grid lets this come. */
  | { readonly code: "unexpected" }
  /** Says less than the same validator said before. */
  | { readonly code: "conflicting" }
  /** Claims more seconded candidates of one validator than it may second. */
  | { readonly code: "excessiveSeconded" }
  | { readonly code: "tooOften" };

export interface ReceivedManifest {
  readonly type: Announcement;
  readonly candidateHash: CandidateHash;
  readonly group: GroupIndex;
  readonly knowledge: StatementFilter;
}

/** What passed between us and one validator about one candidate. */
interface Exchange {
  /** The statements it says it has; absent until it announced. */
  claimed: StatementFilter | undefined;
  repeats: number;
  /** Our announcements to it. */
  sent: { readonly times: number; readonly at: number } | undefined;
  /** It waits to hear that we have the candidate too. */
  isAcknowledgementDue: boolean;
  /** Statements that it sent us directly, and how often. */
  readonly received: Map<string, number>;
  /** Statements that we sent it directly. */
  readonly passed: Set<string>;
}

interface Neighbour {
  readonly exchanges: Map<CandidateHash, Exchange>;
  /** Which candidates it claims that a validator seconded. */
  readonly secondedBy: Map<ValidatorIndex, Set<CandidateHash>>;
}

const keyOf = (validatorIndex: ValidatorIndex, { type }: CompactStatement): string =>
  `${type}:${validatorIndex}`;

export class GridTracker {
  readonly #groups: readonly (readonly ValidatorIndex[])[];
  readonly #secondedMax: number;
  readonly #neighbours = new Map<ValidatorIndex, Neighbour>();
  /** `undefined` until the session's topology is known. */
  view: GridView | undefined;

  constructor(
    groups: readonly (readonly ValidatorIndex[])[],
    secondedMax: number,
    view: GridView | undefined,
  ) {
    this.#groups = groups;
    this.#secondedMax = secondedMax;
    this.view = view;
  }

  /** Takes a manifest or acknowledgement whose form was checked. */
  receive(
    sender: ValidatorIndex,
    manifest: ReceivedManifest,
  ): Result<"new" | "repeat" | "more", GridRefusal> {
    const { candidateHash, group, knowledge } = manifest;
    if (this.view === undefined) return err({ code: "noTopology" });
    const known = this.#neighbours.get(sender)?.exchanges.get(candidateHash);
    const isAnswer = known?.sent !== undefined;
    const mayBegin =
      manifest.type === "manifest" && this.view.get(group)?.receiving.has(sender) === true;
    if (!isAnswer && !mayBegin) return err({ code: "unexpected" });
    if (known?.claimed !== undefined) {
      if (!covers(knowledge, known.claimed)) return err({ code: "conflicting" });
      if (covers(known.claimed, knowledge)) {
        if (known.repeats >= REPEATS_MAX) return err({ code: "tooOften" });
        known.repeats += 1;
        if (manifest.type === "manifest") known.isAcknowledgementDue = true;
        return ok("repeat");
      }
    }
    if (!this.#noteSeconded(sender, manifest)) return err({ code: "excessiveSeconded" });
    const exchange = this.#exchange(sender, candidateHash);
    const isFirst = exchange.claimed === undefined;
    // A manifest of ours that is under way answers its first one.
    if (isFirst) exchange.isAcknowledgementDue = exchange.sent === undefined;
    exchange.claimed = knowledge;
    return ok(isFirst ? "new" : "more");
  }

  /** Everybody who may have to hear that we have the candidate. */
  audience(candidate: CandidateHash, group: GroupIndex): readonly ValidatorIndex[] {
    const announcers = [...this.#neighbours].flatMap(([validator, { exchanges }]) =>
      exchanges.get(candidate)?.claimed === undefined ? [] : [validator],
    );
    return [...new Set([...(this.view?.get(group)?.sending ?? []), ...announcers])];
  }

  /** What to tell this validator now about a candidate that we have with a quorum. */
  dueAnnouncement(
    target: ValidatorIndex,
    candidate: CandidateHash,
    group: GroupIndex,
    now: number,
    repeatAfterMs: number,
  ): Announcement | undefined {
    const exchange = this.#neighbours.get(target)?.exchanges.get(candidate);
    if (exchange?.claimed !== undefined)
      return exchange.isAcknowledgementDue ? "acknowledgement" : undefined;
    if (this.view?.get(group)?.sending.has(target) !== true) return undefined;
    const sent = exchange?.sent;
    const isDue = sent === undefined || (sent.times < SENDS_MAX && now - sent.at >= repeatAfterMs);
    return isDue ? "manifest" : undefined;
  }

  noteAnnounced(target: ValidatorIndex, candidate: CandidateHash, now: number): void {
    const exchange = this.#exchange(target, candidate);
    exchange.sent = { times: (exchange.sent?.times ?? 0) + 1, at: now };
    exchange.isAcknowledgementDue = false;
  }

  /** Whether we announced the candidate to this validator, so that it may ask for it. */
  wasTold(target: ValidatorIndex, candidate: CandidateHash): boolean {
    return this.#neighbours.get(target)?.exchanges.get(candidate)?.sent !== undefined;
  }

  // Late statements

  /**
   * Whether a statement may come directly from this validator: we must have told it of the candidate.
   * Its acknowledgement may have been lost. Counts repeats.
   */
  receiveStatement(
    sender: ValidatorIndex,
    originator: ValidatorIndex,
    statement: CompactStatement,
  ): Result<"new" | "repeat", GridRefusal> {
    const exchange = this.#neighbours.get(sender)?.exchanges.get(statement.value);
    if (exchange?.sent === undefined) return err({ code: "unexpected" });
    const key = keyOf(originator, statement);
    const times = exchange.received.get(key);
    if (times === undefined) return ok("new");
    if (times > REPEATS_MAX) return err({ code: "tooOften" });
    exchange.received.set(key, times + 1);
    return ok("repeat");
  }

  noteReceived(
    sender: ValidatorIndex,
    originator: ValidatorIndex,
    statement: CompactStatement,
  ): void {
    this.#neighbours
      .get(sender)
      ?.exchanges.get(statement.value)
      ?.received.set(keyOf(originator, statement), 1);
  }

  /** Whether this validator has the candidate but not this statement of a member of its group. */
  lacks(target: ValidatorIndex, vote: SignedVote, { position }: Membership): boolean {
    const { statement, validatorIndex } = vote;
    const exchange = this.#neighbours.get(target)?.exchanges.get(statement.value);
    if (exchange?.claimed === undefined || !isMutual(exchange)) return false;
    const key = keyOf(validatorIndex, statement);
    return (
      !hasStatement(exchange.claimed, statement.type, position) &&
      !exchange.received.has(key) &&
      !exchange.passed.has(key)
    );
  }

  notePassed(target: ValidatorIndex, { statement, validatorIndex }: SignedVote): void {
    this.#exchange(target, statement.value).passed.add(keyOf(validatorIndex, statement));
  }

  /** The validator lost what we sent: it was not connected, or did not know the relay parent. */
  forgetSent(target: ValidatorIndex): void {
    for (const exchange of this.#neighbours.get(target)?.exchanges.values() ?? []) {
      exchange.passed.clear();
      if (exchange.sent === undefined) continue;
      exchange.sent = undefined;
      exchange.isAcknowledgementDue = exchange.claimed !== undefined;
    }
  }

  /** The validator may have lost everything. */
  reset(target: ValidatorIndex): void {
    this.#neighbours.delete(target);
  }

  /** False, and nothing noted, when the manifest claims that somebody seconded too much. */
  #noteSeconded(
    sender: ValidatorIndex,
    { candidateHash, group, knowledge }: ReceivedManifest,
  ): boolean {
    const { secondedBy } = this.#neighbour(sender);
    const members = this.#groups[group] ?? [];
    const claimed = members.filter((_, position) => hasStatement(knowledge, "seconded", position));
    const isWithin = (member: ValidatorIndex): boolean => {
      const candidates = secondedBy.get(member);
      return (
        candidates === undefined ||
        candidates.has(candidateHash) ||
        candidates.size < this.#secondedMax
      );
    };
    if (!claimed.every(isWithin)) return false;
    for (const member of claimed)
      secondedBy.set(member, (secondedBy.get(member) ?? new Set()).add(candidateHash));
    return true;
  }

  #neighbour(validator: ValidatorIndex): Neighbour {
    let neighbour = this.#neighbours.get(validator);
    if (neighbour === undefined) {
      neighbour = { exchanges: new Map(), secondedBy: new Map() };
      this.#neighbours.set(validator, neighbour);
    }
    return neighbour;
  }

  #exchange(validator: ValidatorIndex, candidate: CandidateHash): Exchange {
    const { exchanges } = this.#neighbour(validator);
    let exchange = exchanges.get(candidate);
    if (exchange === undefined) {
      exchange = {
        claimed: undefined,
        repeats: 0,
        sent: undefined,
        isAcknowledgementDue: false,
        received: new Map(),
        passed: new Set(),
      };
      exchanges.set(candidate, exchange);
    }
    return exchange;
  }
}

const isMutual = ({ claimed, sent }: Exchange): boolean =>
  claimed !== undefined && sent !== undefined;
