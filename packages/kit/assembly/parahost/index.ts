/** What authors of parachains import: `import { block, done, Origin, U128 } from "parahost"`. */

export {
  balance,
  burn,
  burnReserved,
  mint,
  reserve,
  reservedBalance,
  totalIssuance,
  transfer,
  unreserve,
} from "./accounts";
export { readAddress } from "./base-calls";
export { block, Block } from "./block";
export { Bytes } from "./bytes";
export { blake2b256, sr25519Verify } from "./host";
export { Origin } from "./origin";
export { badOrigin, belowMinimum, done, failure, fundsUnavailable, Outcome, overflow } from "./outcome";
export { Reader, Writer } from "./scale";
export { U128 } from "./u128";
