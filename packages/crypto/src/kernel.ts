import { Sr25519Kernel } from "@parahost/kernels";

/** The kernel that all of this room computes with. */
export const kernel = new Sr25519Kernel();
