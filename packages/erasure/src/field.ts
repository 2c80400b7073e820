/**
 * GF(2^16) as the availability code uses it.
 *
 * A symbol is not a polynomial but a vector of coordinates in a Cantor basis, β₀ = 1 and
 * βᵢ² + βᵢ = βᵢ₋₁. That choice makes the polynomial x² + x a shift of coordinates by one, and with
 * it every subspace polynomial of the additive FFT a shift (see `transform.ts`). Addition is xor in
 * either view; multiplication goes through logarithms of the polynomial x¹⁶+x⁵+x³+x²+1 with
 * generator x.
 *
 * Reference: runtime and primitives, 2.1.
 */

/** x¹⁶ reduced: the low word of the field polynomial. */
const REDUCTION = 0x002d;
/** Order of the multiplicative group. */
export const ORDER = 65_535;
const FIELD_SIZE = 65_536;

/** The Cantor basis, each element in polynomial representation. */
export const CANTOR_BASIS: readonly number[] = [
  1, 44234, 15374, 5694, 50562, 60718, 37196, 16402, 27800, 4312, 27250, 47360, 64952, 64308, 65336,
  39198,
];

/** Discrete logarithm of a symbol; the entry of 0 is a sentinel that no product may use. */
export const LOG: Uint16Array = new Uint16Array(FIELD_SIZE);
/** Symbol of an exponent, twice over so that the sum of two logarithms needs no reduction. */
export const EXP: Uint16Array = new Uint16Array(2 * FIELD_SIZE);

function fillTables(): void {
  const logOfPolynomial = new Uint16Array(FIELD_SIZE);
  let element = 1;
  for (let exponent = 0; exponent < ORDER; exponent++) {
    logOfPolynomial[element] = exponent;
    element <<= 1;
    if (element >= FIELD_SIZE) element ^= FIELD_SIZE | REDUCTION;
  }
  const polynomialOf = new Uint16Array(FIELD_SIZE);
  for (let bit = 0; bit < 16; bit++) {
    const basis = CANTOR_BASIS[bit] as number;
    for (let lower = 0; lower < 1 << bit; lower++)
      polynomialOf[(1 << bit) | lower] = (polynomialOf[lower] as number) ^ basis;
  }
  LOG[0] = ORDER;
  for (let symbol = 1; symbol < FIELD_SIZE; symbol++) {
    const exponent = logOfPolynomial[polynomialOf[symbol] as number] as number;
    LOG[symbol] = exponent;
    EXP[exponent] = symbol;
    EXP[exponent + ORDER] = symbol;
  }
}
fillTables();

/** The product of two symbols. */
export function multiply(a: number, b: number): number {
  if (a === 0 || b === 0) return 0;
  return EXP[(LOG[a] as number) + (LOG[b] as number)] as number;
}
