/**
 * Offences of validators: each is reported once, costs the offender stake, and excludes it from its work
 * until the era ends. Offences of one kind at one time weigh more the more validators commit them: each
 * new report raises what the earlier offenders lose.
 *
 * Reference: runtime-and-primitives.md 4.7, consensus-and-sync.md 3.9.
 */
import { asciiBytes, assert, concatBytes } from "@parahost/base";
import { blake2b256Hex } from "@parahost/crypto";
import { AccountId, asHash, Hash, type Perbill, type SessionIndex } from "@parahost/primitives";
import { bytes, encode, fixedBytes, struct, type ValueOf, vec } from "@parahost/scale";
import {
  pallet,
  palletEvents,
  type State,
  storageDoubleMap,
  storageMap,
} from "../../framework/index.ts";
import { depositBabeLog } from "../babe/epochs.ts";
import { disableValidator } from "../session/disabling.ts";
import { currentSession } from "../session/storage.ts";
import { eraOfSession, slashOffenders } from "../staking/slashing.ts";
import { activeEra, isStaking } from "../staking/storage.ts";

/** 16 ASCII characters, such as `babe:equivocatio`. */
const Kind = fixedBytes(16);

const OffenceDetails = struct({ offender: AccountId, reporters: vec(AccountId) }, [
  "sp_staking",
  "offence",
  "OffenceDetails",
]);
type OffenceDetails = ValueOf<typeof OffenceDetails>;

export const storage = {
  reports: storageMap(
    "Offences.Reports",
    "Offences that were reported, by the hash of kind, time and offender.",
    "twox64Concat",
    Hash,
    OffenceDetails,
  ),
  concurrentReportsIndex: storageDoubleMap(
    "Offences.ConcurrentReportsIndex",
    "The reports of one kind and time.",
    "twox64Concat",
    Kind,
    "twox64Concat",
    bytes(),
    vec(Hash),
    [],
  ),
};

const events = palletEvents("Offences", {
  offence: [0, struct({ kind: Kind, timeslot: bytes() })],
});

export interface Offence {
  /** 16 ASCII characters. */
  readonly kind: string;
  /** When it was committed, in the encoding of the kind. */
  readonly timeSlot: Uint8Array;
  readonly session: SessionIndex;
  readonly offender: AccountId;
  /** What offenders lose if so many commit it at one time, in parts of 1,000,000,000. */
  readonly fractionOf: (offenders: number) => Perbill;
}

const reportId = ({ kind, timeSlot, offender }: Offence): Hash =>
  asHash(
    blake2b256Hex(
      concatBytes(kindBytes(kind), encode(bytes(), timeSlot), encode(AccountId, offender)),
    ),
  );

function kindBytes(kind: string): Uint8Array {
  assert(kind.length === 16, `${kind} is not 16 characters`);
  return asciiBytes(kind);
}

export const isKnownOffence = (state: State, offence: Offence): boolean =>
  storage.reports.has(state, reportId(offence));

/**
 * Punishes a proven offence. Reporters share a part of what is slashed. Whether it was not known before: a
 * repeated report changes nothing.
 */
export function reportOffence(
  state: State,
  reporters: readonly AccountId[],
  offence: Offence,
): boolean {
  const id = reportId(offence);
  if (storage.reports.has(state, id)) return false;
  const { offender, session, timeSlot } = offence;
  const kind = kindBytes(offence.kind);
  storage.reports.set(state, id, { offender, reporters });
  storage.concurrentReportsIndex.update(state, kind, timeSlot, (ids) => [...ids, id]);

  const concurrent = storage.concurrentReportsIndex.get(state, kind, timeSlot);
  const fraction = offence.fractionOf(concurrent.length);
  for (const each of concurrent) {
    const details = storage.reports.get(state, each) as OffenceDetails;
    const offenders = [{ validator: details.offender, fraction }];
    slashOffenders(state, offenders, session, details.reporters);
    if (isOfThisEra(state, session)) disable(state, details.offender, fraction);
  }
  events.deposit(state, { type: "offence", value: { kind, timeslot: timeSlot } });
  return true;
}

/** Without staking a session is an era of its own. */
const isOfThisEra = (state: State, session: SessionIndex): boolean =>
  isStaking(state)
    ? eraOfSession(state, session) === activeEra(state)
    : session === currentSession(state);

function disable(state: State, offender: AccountId, severity: Perbill): void {
  const authority = disableValidator(state, offender, severity);
  if (authority !== undefined) depositBabeLog(state, { type: "onDisabled", value: authority });
}

export const offences = pallet({ name: "Offences", index: 8, storage, events });
