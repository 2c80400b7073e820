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
  /** Sessions from registration until the para acts. */
  readonly sessionDelay: number;
  /** Session in which its next step is taken, where one is planned. */
  readonly actsAt: number | undefined;
  /** What `para_why` says. */
  readonly isProgressing: boolean;
  readonly newest: NewestCandidate | null;
  /** The candidate whose dispute ended split. */
  readonly suspendedBy: string | null;
  readonly openDisputes: readonly string[];
  readonly core:
    | {
        readonly isOccupied: boolean;
        /** Which backs there. */
        readonly group: number | undefined;
        /** Validators that say that they have their part, of all. */
        readonly available: number;
        readonly validators: number;
        /** Whether it waits longer than availability takes. */
        readonly isLate: boolean;
      }
    | undefined;
  /** What its collator's node says, where this network runs one. */
  readonly collator:
    | {
        readonly problem: string | null;
        /** Number of the block that it has built upon the para's head. */
        readonly waiting: number | undefined;
      }
    | undefined;
}

export function whySentence(facts: WhyFacts): string {
  const { para, lifecycle, core, newest, collator } = facts;
  if (lifecycle === undefined)
    return "not registered: parahost para register brings it to this relay chain";
  if (lifecycle === "onboarding") return onboarding(facts);
  if (lifecycle.startsWith("offboarding"))
    return "offboarding: it ends with one of the next sessions";
  if (facts.suspendedBy !== null)
    return `suspended: validators did not agree on candidate ${facts.suspendedBy}; root lets it go on with Suspensions.lift`;
  const [dispute] = facts.openDisputes;
  if (dispute !== undefined) return `disputed: validators argue about candidate ${dispute}`;
  if (collator !== undefined && collator.problem !== null)
    return `candidate rejected: ${collator.problem}`;
  if (facts.isProgressing) return "producing";
  if (core === undefined)
    return "no core: it needs a lease, bulk coretime, or an order for each block";
  if (core.isOccupied && core.isLate)
    return `not available: ${core.available} of ${core.validators} validators have their part of the last block`;
  const group = core.group === undefined ? "its group" : `group ${core.group}`;
  if (newest?.stage === "seconded")
    return `not backed: too few of ${group} have voted for candidate ${newest.candidate}: are they online?`;
  if (collator?.waiting !== undefined)
    return `not backed: nobody of ${group} has voted for block ${collator.waiting} of its collator: are they online?`;
  if (newest === null)
    return collator === undefined
      ? `no collator: this network runs none for para ${para}`
      : "no collator: its collator has brought no candidate to the validators";
  return `no collator: nothing came after candidate ${newest.candidate}, which is ${newest.stage ?? "on its way"}`;
}

function onboarding({ session, sessionDelay, actsAt }: WhyFacts): string {
  if (actsAt === undefined) return "onboarding: validators check its code";
  const sessions = sessionDelay + 1;
  return `onboarding (session ${Math.max(1, sessions - (actsAt - session))} of ${sessions})`;
}
