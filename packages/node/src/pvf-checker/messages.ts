/** PVF checking acts on leaves alone; nobody sends it anything. Guide: PVF Pre-checker. */
export type PvfCheckerMessage = never;
