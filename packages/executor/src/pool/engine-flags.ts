/** How V8 is set up in a process that runs guests. Changes speed and memory only, never what a guest computes. */

import { setFlagsFromString } from "node:v8";

const FLAGS = [
  // Compile all of a module while it is prepared, under the limits of preparation, and not while a guest's time runs.
  "--no-wasm-lazy-compilation",
  // V8 inlines little in modules with few small functions, taking them for inlined already. Instrumentation makes every
  // function larger than that; these put back what plain modules get. Without, programs of many small calls take
  // three times as long.
  "--wasm-inlining-factor=9",
  "--wasm-inlining-budget=50000",
];

export function tuneEngineForGuests(): void {
  for (const flag of FLAGS) setFlagsFromString(flag);
}
