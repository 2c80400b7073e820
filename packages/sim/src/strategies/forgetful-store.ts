/** A disk whose machine may lose power: what was written since the last durable batch is then gone. */
import type { Change, KeyValueStore } from "@parahost/storage";

/** What undoes the batches that are not durable yet, oldest first. */
export type Undo<Column extends string> = Change<Column>[][];

export function forgetful<Column extends string>(
  own: KeyValueStore<Column>,
  undo: Undo<Column>,
): KeyValueStore<Column> {
  return {
    get: (column, key) => own.get(column, key),
    has: (column, key) => own.has(column, key),
    range: (column, start, end) => own.range(column, start, end),
    close: () => own.close(),
    write: (changes, options) => {
      undo.push(
        changes.map(({ column, key }) => {
          const value = own.get(column, key);
          return value === undefined ? { column, key } : { column, key, value };
        }),
      );
      own.write(changes, options);
      // A durable batch takes with it all that was written before.
      if (options?.durable === true) undo.length = 0;
    },
  };
}

/** The power goes. */
export function forget<Column extends string>(
  store: KeyValueStore<Column>,
  undo: Undo<Column>,
): void {
  for (const batch of undo.splice(0).reverse()) store.write(batch.reverse());
}
