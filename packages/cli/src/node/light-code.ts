/** `:code` of a network that light clients may follow. */
import { kernelCode } from "@parahost/kernels/load";
import { buildGenesis, type GenesisConfig, lightCode } from "@parahost/runtime";
import { EMPTY_ROOT, MemoryNodeStore, NodeCache, Overlay, TrieBackend } from "@parahost/trie";

/** The configuration with the module for light clients, which repeats the constants of its genesis. */
export function withLightCode(config: GenesisConfig): GenesisConfig {
  const state = new Overlay(new TrieBackend(new NodeCache(new MemoryNodeStore()), EMPTY_ROOT));
  for (const [key, value] of buildGenesis(config).top) state.set(key, value);
  return { ...config, code: lightCode(kernelCode("light-runtime"), state) };
}
