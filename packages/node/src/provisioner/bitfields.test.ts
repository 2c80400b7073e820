import assert from "node:assert/strict";
import test from "node:test";
import {
  asCoreIndex,
  asValidatorIndex,
  type CoreState,
  type UncheckedSignedAvailabilityBitfield,
} from "@parahost/primitives";
import { type BitVec, bitsAt, bitsFrom, onesOf } from "@parahost/scale";
import { becomesAvailable, selectBitfields } from "./bitfields.ts";

const signed = (validator: number, bits: BitVec): UncheckedSignedAvailabilityBitfield => ({
  payload: bits,
  validatorIndex: asValidatorIndex(validator),
  signature: new Uint8Array(64),
});
const occupied = { type: "occupied", value: {} } as unknown as CoreState;
const free: CoreState = { type: "free" };

test("bitfields go in by ascending validator, one each, the fullest of a conflict", () => {
  const cores = [occupied, occupied];
  const chosen = selectBitfields(cores, [
    signed(3, bitsFrom([true, false])),
    signed(1, bitsFrom([false, false])),
    signed(3, bitsFrom([true, true])),
  ]);
  assert.deepEqual(
    chosen.map(({ validatorIndex, payload }) => [validatorIndex, onesOf(payload)]),
    [
      [1, []],
      [3, [0, 1]],
    ],
  );
});

test("a bitfield with a bit for a free core is left out", () => {
  assert.deepEqual(selectBitfields([occupied, free], [signed(0, bitsFrom([true, true]))]), []);
});

test("a bitfield of another length than the number of cores is left out", () => {
  assert.deepEqual(selectBitfields([occupied, occupied], [signed(0, bitsFrom([true]))]), []);
});

test("a candidate becomes available at two thirds and one, votes on chain included", () => {
  const core = asCoreIndex(0);
  const votes = [1, 2, 3].map((validator) => signed(validator, bitsFrom([true])));
  assert.equal(becomesAvailable(core, bitsAt(7, [0]), votes), false);
  assert.equal(becomesAvailable(core, bitsAt(7, [0, 6]), votes), true);
  assert.equal(becomesAvailable(core, bitsAt(7, [1, 2]), votes), false, "nobody counts twice");
  assert.equal(
    becomesAvailable(
      core,
      bitsAt(3, [0]),
      [votes[0]].flatMap((v) => v ?? []),
    ),
    false,
  );
});
