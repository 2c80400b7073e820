/** Nobody asks a fisherman anything. Guide: approval checks and fishermen. */
export type FishermanMessage = never;
