import { done, Origin, Outcome } from "parahost";
import { Example } from "./generated/chain";

export function doSomething(_origin: Origin, something: u32): Outcome {
  if (something == 0) return Example.errors.noValue;
  Example.something.set(something);
  Example.emit.somethingStored(something);
  return done;
}
