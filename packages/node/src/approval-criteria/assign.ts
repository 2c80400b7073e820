/**
 * Which of a block's candidates we check, and when: our own assignments by all criteria in force.
 * Node-side reference, 6.2, 6.5, 7.2.
 */
import type { Keystore } from "@parahost/crypto";
import type {
  AssignmentCert,
  AssignmentId,
  CoreIndex,
  ValidatorIndex,
  VrfSignature,
} from "@parahost/primitives";
import {
  type ApprovalCriteria,
  byCore,
  type CriteriaBlock,
  type CriteriaSession,
  type IncludedCandidate,
  isInGroup,
  type Tranche,
} from "./criteria.ts";
import {
  assignedCore,
  assignedCores,
  compactCores,
  compactTranscript,
  coreBitfield,
  delayTranche,
  delayTranscript,
  equivocationTranche,
  equivocationTranscript,
  moduloCore,
  moduloTranscript,
  oneShotPlace,
  oneShotTranscript,
} from "./draws.ts";

export interface OwnAssignment {
  readonly cert: AssignmentCert;
  readonly tranche: Tranche;
  readonly validator: ValidatorIndex;
  /** All cores that the certificate is for; several only when it is compact. */
  readonly cores: readonly CoreIndex[];
}

export interface OwnAssignments {
  /** At most one for each core. A compact one stands at each of its cores. */
  readonly byStory: ReadonlyMap<CoreIndex, OwnAssignment>;
  /** For candidates that an equivocating author includes in only one of its blocks. */
  readonly byEquivocation: ReadonlyMap<CoreIndex, OwnAssignment>;
}

const NONE: OwnAssignments = { byStory: new Map(), byEquivocation: new Map() };

/** Our VRF key, wherever it is kept. */
interface Prover {
  readonly keystore: Keystore;
  readonly key: AssignmentId;
  readonly validator: ValidatorIndex;
}

/** Empty when none of our keys is in the session. */
export function ownAssignments(
  keystore: Keystore,
  session: CriteriaSession,
  block: CriteriaBlock,
  criteria: ApprovalCriteria,
): OwnAssignments {
  if (session.nCores === 0 || session.validatorGroups.length === 0) return NONE;
  const prover = proverOf(keystore, session);
  if (prover === undefined) return NONE;
  const leaving = block.candidates.filter(
    ({ group }) => !isInGroup(session, prover.validator, group),
  );
  if (leaving.length === 0) return NONE;
  const byStory = new Map<CoreIndex, OwnAssignment>();
  const { story } = block;
  if (criteria.profile === "anv") addOneShot(prover, session, block, byStory);
  else if (criteria.isCompactOn) addCompact(prover, session, story, leaving, byStory);
  else addModulo(prover, session, story, leaving, byStory);
  addDelays(prover, session, story, leaving, byStory);
  return { byStory, byEquivocation: equivocations(prover, session, block, leaving) };
}

function proverOf(keystore: Keystore, session: CriteriaSession): Prover | undefined {
  const own = new Set<string>(keystore.publicKeys("asgn"));
  const validator = session.assignmentKeys.findIndex((key) => own.has(key));
  const key = session.assignmentKeys[validator];
  return key === undefined ? undefined : { keystore, key, validator: validator as ValidatorIndex };
}

type Assignments = Map<CoreIndex, OwnAssignment>;

function add(
  assignments: Assignments,
  { validator }: Prover,
  tranche: Tranche,
  kind: AssignmentCert["kind"],
  vrf: VrfSignature | undefined,
  cores: readonly CoreIndex[],
): void {
  // Without a signature the key has just left the keystore.
  if (vrf === undefined) return;
  const assignment = { cert: { kind, vrf }, tranche, validator, cores };
  for (const core of cores) assignments.set(core, assignment);
}

function addCompact(
  prover: Prover,
  session: CriteriaSession,
  story: Uint8Array,
  leaving: readonly IncludedCandidate[],
  assignments: Assignments,
): void {
  const { keystore, key } = prover;
  const transcript = compactTranscript(story);
  const value = keystore.vrfInOut("asgn", key, transcript);
  if (value === undefined) return;
  const left = new Set(leaving.map(({ core }) => core));
  const cores = compactCores(value, session).filter((core) => left.has(core));
  if (cores.length === 0) return;
  const bits = coreBitfield(cores);
  const vrf = keystore.vrfSign("asgn", key, transcript, assignedCores(bits));
  const kind = { type: "relayVRFModuloCompact", value: { coreBitfield: bits } } as const;
  add(assignments, prover, 0, kind, vrf, cores);
}

function addModulo(
  prover: Prover,
  session: CriteriaSession,
  story: Uint8Array,
  leaving: readonly IncludedCandidate[],
  assignments: Assignments,
): void {
  const { keystore, key } = prover;
  const left = new Set(leaving.map(({ core }) => core));
  for (let sample = 0; sample < session.relayVrfModuloSamples; sample++) {
    const transcript = moduloTranscript(story, sample);
    const value = keystore.vrfInOut("asgn", key, transcript);
    if (value === undefined) return;
    const core = moduloCore(value, session.nCores);
    if (!left.has(core) || assignments.has(core)) continue;
    const vrf = keystore.vrfSign("asgn", key, transcript, assignedCore(core));
    add(assignments, prover, 0, { type: "relayVRFModulo", value: { sample } }, vrf, [core]);
  }
}

/** The draw is among all candidates of the block; who backed the drawn one checks none. */
function addOneShot(
  prover: Prover,
  session: CriteriaSession,
  { story, candidates }: CriteriaBlock,
  assignments: Assignments,
): void {
  const { keystore, key, validator } = prover;
  const transcript = oneShotTranscript(story);
  const value = keystore.vrfInOut("asgn", key, transcript);
  if (value === undefined) return;
  const drawn = byCore(candidates)[oneShotPlace(value, candidates.length)];
  if (drawn === undefined || isInGroup(session, validator, drawn.group)) return;
  const vrf = keystore.vrfSign("asgn", key, transcript);
  add(assignments, prover, 0, { type: "oneShot" }, vrf, [drawn.core]);
}

/** For the cores of tranche 0 a delay could only be later. */
function addDelays(
  prover: Prover,
  session: CriteriaSession,
  story: Uint8Array,
  leaving: readonly IncludedCandidate[],
  assignments: Assignments,
): void {
  const { keystore, key } = prover;
  for (const { core } of leaving) {
    if (assignments.has(core)) continue;
    const transcript = delayTranscript(story, core);
    const value = keystore.vrfInOut("asgn", key, transcript);
    if (value === undefined) return;
    const vrf = keystore.vrfSign("asgn", key, transcript);
    const kind = { type: "relayVRFDelay", value: { coreIndex: core } } as const;
    add(assignments, prover, delayTranche(value, session), kind, vrf, [core]);
  }
}

function equivocations(
  prover: Prover,
  session: CriteriaSession,
  block: CriteriaBlock,
  leaving: readonly IncludedCandidate[],
): Assignments {
  const { keystore, key } = prover;
  const assignments: Assignments = new Map();
  for (const { core } of leaving) {
    if (!block.equivocatedCores.has(core)) continue;
    const transcript = equivocationTranscript(block.story, block.hash, core);
    const value = keystore.vrfInOut("asgn", key, transcript);
    if (value === undefined) break;
    const vrf = keystore.vrfSign("asgn", key, transcript);
    const kind = { type: "equivocation", value: { coreIndex: core } } as const;
    add(assignments, prover, equivocationTranche(value, session), kind, vrf, [core]);
  }
  return assignments;
}
