/**
 * Which validator holds which chunk (RFC-0047). By default validator v holds chunk v; with the
 * mapping on, the systematic chunks of different cores lie with different validators, so that the
 * load of fetching them is spread.
 *
 * Reference: runtime and primitives, 2.6. The mapping is a node feature of the candidate's session.
 */
import { assert, ok, type Result } from "@parahost/base";
import { erasureParameters, type ParametersError } from "./parameters.ts";

const U32_MAX = 0xffff_ffff;

/** The index of the chunk that `validator` of `n` holds for a candidate that occupied `core`. */
export function chunkIndexFor(
  validator: number,
  core: number,
  n: number,
  mappingOn: boolean,
): Result<number, ParametersError> {
  assert(validator >= 0 && validator < n, `validator ${validator} of ${n}`);
  if (!mappingOn) return ok(validator);
  const parameters = erasureParameters(n);
  if (!parameters.ok) return parameters;
  // Saturating u32 arithmetic, as peers do it: core · k is exact in a number.
  const start = Math.min(core * parameters.value.k, U32_MAX);
  return ok(Math.min(start + validator, U32_MAX) % n);
}
