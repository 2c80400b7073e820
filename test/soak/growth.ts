/** Whether a curve is flat: its level once everything has warmed up, beside its level at the end. */

export interface Growth {
  /** Median of the second sixth. */
  readonly from: number;
  /** Median of the last sixth. */
  readonly to: number;
}

export function growth(curve: readonly number[]): Growth {
  const sixth = Math.max(1, Math.floor(curve.length / 6));
  const median = (part: readonly number[]): number =>
    [...part].sort((a, b) => a - b)[part.length >> 1] ?? 0;
  return { from: median(curve.slice(sixth, 2 * sixth)), to: median(curve.slice(-sixth)) };
}
