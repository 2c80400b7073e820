import { done, Origin, Outcome } from "parahost";
import { Counter } from "./generated/chain";

export function increment(origin: Origin, by: u32): Outcome {
  const count = Counter.count.get();
  if (by > u32.MAX_VALUE - count) return Counter.errors.tooLarge;
  const who = origin.signer;
  Counter.count.set(count + by);
  Counter.byAccount.set(who, Counter.byAccount.get(who) + by);
  Counter.emit.incremented(who, by, count + by);
  return done;
}

export function reset(origin: Origin): Outcome {
  const who = origin.signer;
  if (Counter.byAccount.get(who) < Counter.count.get() / 2) return Counter.errors.notEntitled;
  const entries = Counter.byAccount.entries();
  while (entries.next()) Counter.byAccount.remove(entries.key);
  Counter.count.set(0);
  Counter.emit.reset(who);
  return done;
}
