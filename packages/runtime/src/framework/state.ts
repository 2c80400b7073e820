/** The state that every routine of the runtime takes first: the trie's overlay with its transactions. */
export type { State } from "@parahost/trie";
