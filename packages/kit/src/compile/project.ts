/**
 * An author's project: a folder with `chain.ts`, which exports `chain`, and the chain's modules in `assembly`. It
 * imports the kit by name and need not have it installed: names of our rooms lead to this installation.
 */
import { existsSync } from "node:fs";
import { join, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { err, HostError, ok, type Result } from "@parahost/base";
import type { ChainSchema, GenesisConfig } from "../schema/index.ts";
import { type BuildError, type BuiltGuest, buildGuest } from "./compile-guest.ts";
import { resolveOurRooms } from "./resolve-rooms.ts";

export interface Project {
  readonly directory: string;
  readonly schema: ChainSchema;
  /** What the chain begins with beside the balances of the well-known accounts. */
  readonly storage: GenesisConfig["storage"];
}

export type ProjectError =
  | { readonly code: "noProject"; readonly message: string }
  | { readonly code: "badDeclaration"; readonly message: string };

/** Declaration file of a project. */
const DECLARATION = "chain.ts";

export async function loadProject(directory: string): Promise<Result<Project, ProjectError>> {
  const path = join(resolve(directory), DECLARATION);
  if (!existsSync(path))
    return err({
      code: "noProject",
      message: `there is no ${path}: go to a chain's folder, or make one with parahost new`,
    });
  resolveOurRooms();
  const url = pathToFileURL(path);
  // A file that has changed since is another module.
  url.search = `?${Date.now()}`;
  let module: { readonly chain?: ChainSchema; readonly storage?: GenesisConfig["storage"] };
  try {
    module = await import(url.href);
  } catch (error) {
    if (error instanceof HostError || !(error instanceof Error)) throw error;
    return err({ code: "badDeclaration", message: `${path}: ${error.message}` });
  }
  if (module.chain === undefined)
    return err({
      code: "badDeclaration",
      message: `${path} does not export the chain: export const chain = declareChain({ … })`,
    });
  return ok({ directory: resolve(directory), schema: module.chain, storage: module.storage });
}

/** What validators run for the project. */
export const buildProject = ({
  directory,
  schema,
}: Project): Promise<Result<BuiltGuest, BuildError>> => buildGuest(directory, schema);
