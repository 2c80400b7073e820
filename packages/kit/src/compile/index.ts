export { type BuildError, type BuiltGuest, buildGuest, compileGuest } from "./compile-guest.ts";
export { buildProject, loadProject, type Project, type ProjectError } from "./project.ts";
