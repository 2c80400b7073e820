/** Why a parachain stands where it stands, in one sentence: the first thing that keeps it, or that nothing does. */

/** A candidate as `para_candidate` tells it. */
export interface NewestCandidate {
  readonly candidate: string;
  readonly stage: string | null;
}

export interface WhyFacts {
  readonly para: number;
  /** `undefined` for a para that the relay chain does not know. */
  readonly lifecycle: string | undefined;
  readonly session: number;
  /** Session in which its next step is taken, where one is planned. */
  readonly actsAt: number | undefined;
  /** What `para_why` says. */
  readonly isProgressing: boolean;
  readonly newest: NewestCandidate | null;
  readonly openDisputes: readonly string[];
  readonly core:
    | {
        readonly isOccupied: boolean;
        readonly group: number | undefined;
        /** Validators that say that they have their part, of all. */
        readonly available: number;
        readonly validators: number;
        /** Whether it waits longer than availability takes. */
        readonly isLate: boolean;
      }
    | undefined;
  /** What its collator's node says, where this network runs one. */
  readonly collator: { readonly problem: string | null } | undefined;
}

/** A new para acts in the second session from the one it is registered in. */
const ONBOARDING_SESSIONS = 3;

export function whySentence(facts: WhyFacts): string {
  const { para, lifecycle, core, newest, collator } = facts;
  if (lifecycle === undefined)
    return "not registered: parahost para register brings it to this relay chain";
  if (lifecycle === "onboarding") return onboarding(facts);
  if (lifecycle.startsWith("offboarding"))
    return "offboarding: it ends with one of the next sessions";
  const [dispute] = facts.openDisputes;
  if (dispute !== undefined) return `disputed: validators argue about candidate ${dispute}`;
  if (collator !== undefined && collator.problem !== null)
    return `candidate rejected: ${collator.problem}`;
  if (facts.isProgressing) return "producing";
  if (core === undefined)
    return "no core: it needs a lease, bulk coretime, or an order for each block";
  if (core.isOccupied && core.isLate)
    return `not available: ${core.available} of ${core.validators} validators have their part of the last block`;
  if (newest === null)
    return collator === undefined
      ? `no collator: this network runs none for para ${para}`
      : "no collator: its collator has brought no candidate to the validators";
  if (newest.stage === "seconded")
    return `not backed: too few of ${core.group === undefined ? "its group" : `group ${core.group}`} have voted for candidate ${newest.candidate}: are they online?`;
  return `no collator: nothing came after candidate ${newest.candidate}, which is ${newest.stage ?? "on its way"}`;
}

function onboarding({ session, actsAt }: WhyFacts): string {
  if (actsAt === undefined) return "onboarding: validators check its code";
  const step = Math.max(1, ONBOARDING_SESSIONS - (actsAt - session));
  return `onboarding (session ${step} of ${ONBOARDING_SESSIONS})`;
}
