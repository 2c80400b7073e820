/** Maps and sets: entries in strictly ascending order of their keys, as hashed and signed ones need it. */
import type { Codec } from "./codec.ts";
import { compareBy } from "./compare.ts";
import { DecodeError } from "./error.ts";
import { COUNT_MAX, type Reader } from "./reader.ts";

/** A map with unique keys, `countMax` entries at most; it may be given in any order. */
export function map<K, V>(
  key: Codec<K>,
  value: Codec<V>,
  countMax = COUNT_MAX,
): Codec<ReadonlyMap<K, V>> {
  return {
    sizeMin: 1,
    type: {
      kind: "composite",
      path: ["BTreeMap"],
      params: [
        { name: "K", type: key.type },
        { name: "V", type: value.type },
      ],
      fields: [
        { type: { kind: "sequence", of: { kind: "tuple", items: [key.type, value.type] } } },
      ],
    },
    write: (writer, entries) => {
      writer.compactU32(entries.size);
      for (const [k, v] of [...entries].sort(([a], [b]) => compareBy(key, a, b))) {
        key.write(writer, k);
        value.write(writer, v);
      }
    },
    read: (reader) => {
      const entries = new Map<K, V>();
      readAscending(reader, key, key.sizeMin + value.sizeMin, countMax, (k) =>
        entries.set(k, value.read(reader)),
      );
      return entries;
    },
  };
}

/** A set, `countMax` items at most; it may be given in any order. */
export function set<T>(codec: Codec<T>, countMax = COUNT_MAX): Codec<ReadonlySet<T>> {
  return {
    sizeMin: 1,
    type: {
      kind: "composite",
      path: ["BTreeSet"],
      params: [{ name: "T", type: codec.type }],
      fields: [{ type: { kind: "sequence", of: codec.type } }],
    },
    write: (writer, items) => {
      writer.compactU32(items.size);
      for (const item of [...items].sort((a, b) => compareBy(codec, a, b)))
        codec.write(writer, item);
    },
    read: (reader) => {
      const items = new Set<T>();
      readAscending(reader, codec, codec.sizeMin, countMax, (item) => items.add(item));
      return items;
    },
  };
}

function readAscending<K>(
  reader: Reader,
  key: Codec<K>,
  entrySizeMin: number,
  countMax: number,
  take: (key: K) => void,
): void {
  const count = reader.count(entrySizeMin, countMax);
  reader.enter();
  let previous: K | undefined;
  for (let i = 0; i < count; i++) {
    const start = reader.offset;
    const k = key.read(reader);
    if (i > 0 && compareBy(key, previous as K, k) >= 0)
      throw new DecodeError("notSorted", start, "keys are not strictly ascending");
    previous = k;
    take(k);
  }
  reader.leave();
}
