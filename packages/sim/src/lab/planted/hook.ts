/**
 * Loaded before everything else (`--import`): plants the mistake that `LAB_PLANTED` names into its file as it
 * is loaded. Without that name nothing is changed.
 */
import { registerHooks } from "node:module";
import { PLANTED_BUGS } from "./bugs.ts";

const id = process.env["LAB_PLANTED"];
const bug = PLANTED_BUGS.find((one) => one.id === id);
if (id !== undefined && bug === undefined) throw new RangeError(`no mistake is called ${id}`);
if (bug !== undefined)
  registerHooks({
    load: (url, context, nextLoad) => {
      const loaded = nextLoad(url, context);
      if (!url.endsWith(`/packages/${bug.file}`) || loaded.source === undefined) return loaded;
      return { ...loaded, source: planted(String(Buffer.from(loaded.source as Uint8Array)), bug) };
    },
  });

function planted(source: string, { file, find, replace }: (typeof PLANTED_BUGS)[number]): string {
  const parts = source.split(find);
  if (parts.length !== 2) throw new Error(`${file} has ${parts.length - 1} times: ${find}`);
  return parts.join(replace);
}
