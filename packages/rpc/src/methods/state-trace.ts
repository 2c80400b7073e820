/**
 * A state that writes down who reads and writes what, within which part of a block's execution. Parts nest
 * (spans); each read and each write is an event of the innermost one.
 *
 * Names and texts are those of Polkadot's `state_traceBlock`: bytes as hex without `0x`, an option as `Some(…)` or
 * `None`, and beside it its encoding.
 */
import { bytesToHex, type Hex } from "@parahost/base";
import type { Codec } from "@parahost/scale";
import type { ChildId, ChildState, ClearedPrefix, State, StateEntries } from "@parahost/trie";
import type { Json } from "../json-rpc.ts";

export interface TraceFilter {
  /** Beginnings of the targets of spans and events that are wanted. */
  readonly targets: readonly string[];
  /** Beginnings of keys, as hex without `0x`. */
  readonly keys: readonly string[];
  /** Beginnings of the names of what is done: `Get`, `Put` and so on. */
  readonly methods: readonly string[];
}

/** Target of everything that touches the state. */
const STATE_TARGET = "state";

/** More was touched than one answer holds. */
export class TraceTooLarge extends Error {}

/** Events and spans of one execution, as far as they are wanted. */
export class Trace {
  readonly spans: Json[] = [];
  readonly events: Json[] = [];
  readonly #filter: TraceFilter;
  readonly #open: number[] = [];
  #nextSpan = 1;
  #room: number;

  /** `room`: characters of all texts together. */
  constructor(filter: TraceFilter, room: number) {
    this.#filter = filter;
    this.#room = room;
  }

  /** Runs a part of the execution as a span of its own. */
  span<T>(target: string, name: string, run: () => T): T {
    if (!begins(target, this.#filter.targets)) return run();
    const id = this.#nextSpan++;
    this.#take(target.length + name.length);
    this.spans.push({ id, name, parentId: this.#open.at(-1) ?? null, target, wasm: false });
    this.#open.push(id);
    try {
      return run();
    } finally {
      this.#open.pop();
    }
  }

  /** Something is done at a key; `texts` says what was found or left there. */
  touch(method: string, key: Hex, texts: () => Readonly<Record<string, string>>): void {
    const { targets, keys, methods } = this.#filter;
    const name = key.slice(2);
    if (!begins(STATE_TARGET, targets) || !begins(name, keys) || !begins(method, methods)) return;
    const stringValues = { key: name, method, ...texts() };
    this.#take(Object.values(stringValues).reduce((sum, { length }) => sum + length, 0));
    this.events.push({
      data: { stringValues },
      parentId: this.#open.at(-1) ?? null,
      target: STATE_TARGET,
    });
  }

  #take(characters: number): void {
    this.#room -= characters + ENTRY_LENGTH;
    if (this.#room < 0) throw new TraceTooLarge();
  }
}

/** Characters of an entry besides its own texts. */
const ENTRY_LENGTH = 160;

/** An option of bytes, as text and encoded. */
function optionTexts(name: "result" | "value", bytes: Uint8Array | undefined) {
  const text = bytes && bytesToHex(bytes).slice(2);
  return text === undefined
    ? { [name]: "None", [`${name}_encoded`]: "00" }
    : { [name]: `Some(${text})`, [`${name}_encoded`]: `01${text}` };
}

/** An empty beginning is that of everything. */
const begins = (text: string, beginnings: readonly string[]): boolean =>
  beginnings.some((beginning) => text.startsWith(beginning));

/** Does what the state below does, and tells the trace. */
class TracedEntries<S extends StateEntries> implements StateEntries {
  protected readonly below: S;
  protected readonly trace: Trace;
  readonly #prefix: string;

  /** `prefix` of the names of what is done: child tries have names of their own. */
  constructor(below: S, trace: Trace, prefix: string) {
    this.below = below;
    this.trace = trace;
    this.#prefix = prefix;
  }

  get(key: Hex): Uint8Array | undefined {
    const value = this.below.get(key);
    this.trace.touch(`${this.#prefix}Get`, key, () => optionTexts("result", value));
    return value;
  }

  has(key: Hex): boolean {
    const isThere = this.below.has(key);
    this.trace.touch(`${this.#prefix}Exists`, key, () => ({ result: String(isThere) }));
    return isThere;
  }

  read<T>(key: Hex, codec: Codec<T>): T | undefined {
    const value = this.below.read(key, codec);
    this.trace.touch(`${this.#prefix}Get`, key, () => optionTexts("result", this.below.get(key)));
    return value;
  }

  set(key: Hex, value: Uint8Array): void {
    this.below.set(key, value);
    this.#put(key);
  }

  write<T>(key: Hex, value: T, codec: Codec<T>): void {
    this.below.write(key, value, codec);
    this.#put(key);
  }

  delete(key: Hex): void {
    this.below.delete(key);
    this.#put(key);
  }

  nextKey(key: Hex): Hex | undefined {
    return this.below.nextKey(key);
  }

  keysWithPrefix(prefix: Hex): Iterable<Hex> {
    return this.below.keysWithPrefix(prefix);
  }

  clearPrefix(prefix: Hex, limit?: number): ClearedPrefix {
    this.trace.touch(`${this.#prefix}ClearPrefix`, prefix, () => ({}));
    return this.below.clearPrefix(prefix, limit);
  }

  #put(key: Hex): void {
    this.trace.touch(`${this.#prefix}Put`, key, () => optionTexts("value", this.below.get(key)));
  }
}

class TracedChild extends TracedEntries<ChildState> implements ChildState {
  constructor(below: ChildState, trace: Trace) {
    super(below, trace, "Child");
  }

  root(version: Parameters<ChildState["root"]>[0]): Hex {
    return this.below.root(version);
  }
}

export class TracedState extends TracedEntries<State> implements State {
  constructor(below: State, trace: Trace) {
    super(below, trace, "");
  }

  begin(): void {
    this.below.begin();
  }

  commit(): void {
    this.below.commit();
  }

  rollback(): void {
    this.below.rollback();
  }

  child(id: ChildId): ChildState {
    return new TracedChild(this.below.child(id), this.trace);
  }

  root(version: Parameters<State["root"]>[0]): Hex {
    return this.below.root(version);
  }
}
