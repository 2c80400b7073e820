/**
 * Where the shared test vectors are: data made by other implementations, kept outside the repository.
 * `PARAHOST_VECTORS` names the folder; otherwise `../shared/vectors` beside the checkout is taken.
 */
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";

const root = process.env["PARAHOST_VECTORS"] ?? join(import.meta.dirname, "../../shared/vectors");

/** Why the vectors cannot be read and what to do about it; `undefined` when they are there. */
export const vectorsMissing: string | undefined = existsSync(join(root, "README.md"))
  ? undefined
  : `the shared test vectors are not at ${root}: put the vectors folder there, or name it with PARAHOST_VECTORS=<folder>`;

if (vectorsMissing !== undefined) {
  if (process.env["CI"] !== undefined) throw new Error(vectorsMissing);
  process.stderr.write(`${vectorsMissing}\n`);
}

/** For `test(name, { skip: skipWithoutVectors }, ...)`: a clone without vectors says what is missing. */
export const skipWithoutVectors: string | false = vectorsMissing ?? false;

/** The absolute path of one folder of vectors. */
export function vectorsFolder(name: string): string {
  return join(root, name);
}

/** The bytes of a vector file, decompressed when its name ends in `.gz`. */
export function readVectorBytes(folder: string, file: string): Uint8Array {
  const bytes = readFileSync(join(vectorsFolder(folder), file));
  return new Uint8Array(file.endsWith(".gz") ? gunzipSync(bytes) : bytes);
}

/** A vector file parsed as JSON. The caller states the shape it relies on. */
export function readVectorJson<T>(folder: string, file: string): T {
  return JSON.parse(new TextDecoder().decode(readVectorBytes(folder, file))) as T;
}
