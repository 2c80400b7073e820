export { type BuildError, type BuiltGuest, buildGuest, compileGuest } from "./compile-guest.ts";
