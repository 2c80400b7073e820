/**
 * Who must conspire for an invalid candidate to be included: a whole group, as an honest member would raise a
 * dispute before, and no more than may be faulty.
 */
import { byzantine, type ParaId } from "@parahost/primitives";
import { developmentKeys, developmentUri, type Genesis, runtimeApi } from "@parahost/runtime";
import { EMPTY_ROOT, MemoryNodeStore, NodeCache, Overlay, TrieBackend } from "@parahost/trie";

export interface GarbagePlot {
  /** Indices among the development validators. */
  readonly validators: readonly number[];
  /** The parachain that their group backs for at first. */
  readonly para: ParaId;
}

/** The largest group that can; the first validator stays honest, as others look at the network through it. */
export function plotGarbage(genesis: Genesis): GarbagePlot | undefined {
  const state = new Overlay(new TrieBackend(new NodeCache(new MemoryNodeStore()), EMPTY_ROOT));
  for (const [key, value] of genesis.top) state.set(key, value);
  const validators = runtimeApi.validators(state);
  const faulty = byzantine(validators.length);
  const names = new Map<string, number>(
    validators.map((_, index) => [developmentKeys(developmentUri(index)).paraValidator, index]),
  );
  const plots = runtimeApi.validatorGroups(state).groups.flatMap((group, place): GarbagePlot[] => {
    const members = group.flatMap((index) => names.get(validators[index] ?? "") ?? []);
    const para = runtimeApi.paraIds(state)[place];
    const can = members.length > 0 && members.length <= faulty && !members.includes(0);
    return para !== undefined && can ? [{ validators: members, para }] : [];
  });
  return plots.toSorted((a, b) => b.validators.length - a.validators.length)[0];
}
