/**
 * Which transactions stand in the pool and which of them are ready. A transaction offers tags and needs tags;
 * it is ready when each tag that it needs is offered by one that is ready. Nothing here judges a
 * transaction, counts its bytes against a limit, or tells anybody.
 */
import { bytesToHex } from "@parahost/base";
import type { Hash } from "@parahost/primitives";
import type { ValidTransaction } from "@parahost/runtime";

export interface PoolTransaction {
  /** BLAKE2b-256 of the extrinsic with its length prefix. */
  readonly hash: Hash;
  /** Without its length prefix. */
  readonly extrinsic: Uint8Array;
  readonly validity: ValidTransaction;
}

export interface Entry extends PoolTransaction {
  readonly provides: readonly string[];
  /** Order of arrival decides between equal priorities. */
  readonly order: number;
  /** The last block upon which it may wait. */
  readonly validTill: number;
  readonly requires: readonly string[];
  /** What it needs and no ready transaction offers. */
  readonly missing: Set<string>;
}

export const isReady = ({ missing }: Entry): boolean => missing.size === 0;

/** Higher priority first, then who came first. */
export function byPriority(a: Entry, b: Entry): number {
  if (a.validity.priority !== b.validity.priority)
    return a.validity.priority > b.validity.priority ? -1 : 1;
  return a.order - b.order;
}

/** Number and bytes of some of the transactions. */
interface Amount {
  count: number;
  bytes: number;
}

export class WaitingTransactions {
  /** The one that was judged longest ago first. */
  readonly #entries = new Map<Hash, Entry>();
  readonly #providers = new Map<string, Entry>();
  readonly #requirers = new Map<string, Set<Entry>>();
  readonly #ready: Amount = { count: 0, bytes: 0 };
  readonly #future: Amount = { count: 0, bytes: 0 };
  /** Came in, or became ready, or ceased to be, since somebody asked. */
  #changed = new Set<Entry>();

  get size(): number {
    return this.#entries.size;
  }

  get(hash: Hash): Entry | undefined {
    return this.#entries.get(hash);
  }

  all(): IterableIterator<Entry> {
    return this.#entries.values();
  }

  /** Those whose readiness may be news, once. */
  takeChanged(): ReadonlySet<Entry> {
    const changed = this.#changed;
    this.#changed = new Set();
    return changed;
  }

  amount(ready: boolean): Readonly<Amount> {
    return ready ? this.#ready : this.#future;
  }

  /** Whoever offers one of the same tags. */
  rivalsOf(validity: ValidTransaction): Entry[] {
    const rivals = new Set<Entry>();
    for (const tag of validity.provides) {
      const rival = this.#providers.get(bytesToHex(tag));
      if (rival !== undefined) rivals.add(rival);
    }
    return [...rivals];
  }

  /** Whether a transaction with this validity would be ready at once. */
  wouldBeReady({ requires }: ValidTransaction): boolean {
    return requires.every((tag) => this.#isOffered(bytesToHex(tag)));
  }

  add(transaction: PoolTransaction, order: number, validTill: number): void {
    const requires = transaction.validity.requires.map(bytesToHex);
    const entry: Entry = {
      ...transaction,
      provides: transaction.validity.provides.map(bytesToHex),
      requires,
      missing: new Set(requires.filter((tag) => !this.#isOffered(tag))),
      order,
      validTill,
    };
    this.#entries.set(entry.hash, entry);
    for (const tag of requires) {
      const others = this.#requirers.get(tag);
      if (others === undefined) this.#requirers.set(tag, new Set([entry]));
      else others.add(entry);
    }
    for (const tag of entry.provides) this.#providers.set(tag, entry);
    this.#count(entry, 1);
    this.#changed.add(entry);
    if (isReady(entry)) this.#offer(entry.provides);
  }

  /** Takes it out; who needs it is ready no more. */
  remove(entry: Entry): void {
    this.#take(entry);
    if (isReady(entry)) this.#withdraw(entry.provides);
  }

  /** Takes it out since the chain has it: nobody needs it any more. */
  removeIncluded(entry: Entry): void {
    this.#take(entry);
    this.#offer(entry.provides);
    for (const tag of entry.provides) this.#requirers.delete(tag);
  }

  #take(entry: Entry): void {
    this.#entries.delete(entry.hash);
    this.#count(entry, -1);
    this.#changed.delete(entry);
    for (const tag of entry.provides)
      if (this.#providers.get(tag) === entry) this.#providers.delete(tag);
    for (const tag of entry.requires) {
      const others = this.#requirers.get(tag);
      others?.delete(entry);
      if (others?.size === 0) this.#requirers.delete(tag);
    }
  }

  #isOffered(tag: string): boolean {
    const provider = this.#providers.get(tag);
    return provider !== undefined && isReady(provider);
  }

  /** The tags are there: those that needed nothing else are ready, and offer theirs. */
  #offer(tags: readonly string[]): void {
    const offered = [...tags];
    for (let tag = offered.pop(); tag !== undefined; tag = offered.pop())
      for (const entry of this.#requirers.get(tag) ?? []) {
        if (!entry.missing.has(tag)) continue;
        this.#count(entry, -1);
        entry.missing.delete(tag);
        this.#count(entry, 1);
        this.#changed.add(entry);
        if (isReady(entry)) offered.push(...entry.provides);
      }
  }

  /** The tags are gone: those that need them wait, and offer nothing. */
  #withdraw(tags: readonly string[]): void {
    const withdrawn = [...tags];
    for (let tag = withdrawn.pop(); tag !== undefined; tag = withdrawn.pop())
      for (const entry of this.#requirers.get(tag) ?? []) {
        if (entry.missing.has(tag)) continue;
        if (isReady(entry)) withdrawn.push(...entry.provides);
        this.#count(entry, -1);
        entry.missing.add(tag);
        this.#count(entry, 1);
        this.#changed.add(entry);
      }
  }

  #count(entry: Entry, sign: 1 | -1): void {
    const amount = isReady(entry) ? this.#ready : this.#future;
    amount.count += sign;
    amount.bytes += sign * entry.extrinsic.length;
  }

  /** Ready transactions, best first, each after those it needs. */
  inOrder(): Entry[] {
    const sorted = [...this.#entries.values()].filter(isReady).sort(byPriority);
    const offered = new Set<string>();
    const taken: Entry[] = [];
    const waiting = new Map<string, Entry[]>();
    const place = (entry: Entry, queue: Entry[]): void => {
      const missing = entry.requires.find((tag) => this.#providers.has(tag) && !offered.has(tag));
      if (missing === undefined) queue.push(entry);
      else waiting.set(missing, [...(waiting.get(missing) ?? []), entry]);
    };
    for (const entry of sorted) {
      const queue: Entry[] = [];
      place(entry, queue);
      for (let next = queue.shift(); next !== undefined; next = queue.shift()) {
        taken.push(next);
        for (const tag of next.provides) {
          offered.add(tag);
          const released = waiting.get(tag) ?? [];
          waiting.delete(tag);
          for (const one of released) place(one, queue);
        }
      }
    }
    return taken;
  }
}
