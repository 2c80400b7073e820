/** Bitfield signing acts on leaves alone; nobody sends it anything. Guide: Bitfield Signing. */
export type BitfieldSigningMessage = never;
