/** Lists of what happens to which para at which block, in ascending order of blocks. */
import { BlockNumber, ParaId } from "@parahost/primitives";
import { positional, struct, type ValueOf, vec } from "@parahost/scale";

export const Upcoming = vec(positional(struct({ para: ParaId, at: BlockNumber })));
export type Upcoming = ValueOf<typeof Upcoming>;

/** Inserted behind those of the same block. */
export function withUpcoming(list: Upcoming, para: ParaId, at: BlockNumber): Upcoming {
  const position = list.findIndex((entry) => entry.at > at);
  return list.toSpliced(position === -1 ? list.length : position, 0, { para, at });
}

/** Splits off what is due at `now` or was before. */
export function takeDue(
  list: Upcoming,
  now: BlockNumber,
): { readonly due: Upcoming; readonly later: Upcoming } {
  const position = list.findIndex((entry) => entry.at > now);
  if (position === -1) return { due: list, later: [] };
  return { due: list.slice(0, position), later: list.slice(position) };
}

export const withoutParas = (list: Upcoming, gone: ReadonlySet<ParaId>): Upcoming =>
  list.filter(({ para }) => !gone.has(para));
