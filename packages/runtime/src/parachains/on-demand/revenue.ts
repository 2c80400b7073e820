/**
 * What the sale of orders has brought, block by block, until the chain that sells coretime asks for it. The
 * last blocks are kept apart; whatever is older is one sum.
 *
 * Reference: coretime.md 3.2 (revenue).
 */
import { Balance, BlockNumber } from "@parahost/primitives";
import { struct, type ValueOf, vec } from "@parahost/scale";

/** Newest first; blocks without a sale have no entry. */
export const Revenue = vec(struct({ block: BlockNumber, amount: Balance }));
export type Revenue = ValueOf<typeof Revenue>;

/** Two timeslices of 80 blocks. */
export const HISTORICAL_REVENUE_BLOCKS = 160;

/** Adds a sale in block `now`; sums what is older than two timeslices up in the oldest block kept. */
export function withSale(revenue: Revenue, now: BlockNumber, amount: Balance): Revenue {
  const oldest = now - (HISTORICAL_REVENUE_BLOCKS - 1);
  const kept = [...revenue];
  const [newest] = kept;
  if (newest?.block === now) kept[0] = { block: now, amount: newest.amount + amount };
  else kept.unshift({ block: now, amount });
  const overdue = kept.filter(({ block }) => block <= oldest);
  if (overdue.length === 0) return kept;
  const sum = overdue.reduce((total, sale) => total + sale.amount, 0n);
  return [...kept.filter(({ block }) => block > oldest), { block: oldest, amount: sum }];
}

/** Takes out all sales up to and with block `until`. */
export function takeRevenue(
  revenue: Revenue,
  until: BlockNumber,
): { readonly taken: Balance; readonly rest: Revenue } {
  const isTaken = ({ block }: Revenue[number]): boolean => block <= until;
  return {
    taken: revenue.filter(isTaken).reduce((total, { amount }) => total + amount, 0n),
    rest: revenue.filter((sale) => !isTaken(sale)),
  };
}
