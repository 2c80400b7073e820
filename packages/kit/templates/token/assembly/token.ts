import { burn as burnTokens, Bytes, done, mint as mintTokens, Origin, Outcome, U128 } from "parahost";
import { Governance, Token } from "./generated/chain";

function isOwner(who: Bytes): bool {
  const owner = Token.owner.get();
  return owner != null && owner.equals(who);
}

export function mint(origin: Origin, to: Bytes, amount: U128): Outcome {
  if (!isOwner(origin.signer)) return Token.errors.notOwner;
  if (Governance.mintLimit.get().isLessThan(amount)) return Token.errors.overLimit;
  return mintTokens(to, amount);
}

export function burn(origin: Origin, amount: U128): Outcome {
  return burnTokens(origin.signer, amount);
}

export function transferOwnership(origin: Origin, to: Bytes): Outcome {
  if (!isOwner(origin.signer)) return Token.errors.notOwner;
  Token.owner.set(to);
  Token.emit.ownerChanged(to);
  return done;
}
