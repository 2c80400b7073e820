export { type Claim, type Point, Sr25519Kernel } from "./sr25519.ts";
