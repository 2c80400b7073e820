/**
 * The transcripts of assignment VRFs and what is drawn from their values. A byte that differs here is
 * an assignment that nobody accepts. Node-side reference, 2.2, 6.2; runtime and primitives, 1.6.
 */
import { hexToBytes, u32Bytes } from "@parahost/base";
import { makeBytes, Transcript, type VrfInOut } from "@parahost/crypto";
import {
  ASSIGNMENT_LABELS,
  asCoreIndex,
  CoreBitfield,
  type CoreIndex,
  drawDistinct,
  type Hash,
  VRF_MODULO_SAMPLES_MAX,
} from "@parahost/primitives";
import { bitsAt, encode } from "@parahost/scale";
import { type CriteriaSession, EQUIVOCATION_ZEROTH_WIDTH, type Tranche } from "./criteria.ts";

const STORY = "RC-VRF";

// Inputs

function startedWith(label: string, story: Uint8Array): Transcript {
  const transcript = new Transcript(label);
  transcript.appendMessage(STORY, story);
  return transcript;
}

export function moduloTranscript(story: Uint8Array, sample: number): Transcript {
  const transcript = startedWith(ASSIGNMENT_LABELS.modulo, story);
  transcript.appendMessage("sample", u32Bytes(sample));
  return transcript;
}

export function compactTranscript(story: Uint8Array): Transcript {
  return startedWith(ASSIGNMENT_LABELS.moduloCompact, story);
}

export function delayTranscript(story: Uint8Array, core: CoreIndex): Transcript {
  const transcript = startedWith(ASSIGNMENT_LABELS.delay, story);
  transcript.appendMessage("core", u32Bytes(core));
  return transcript;
}

export function oneShotTranscript(story: Uint8Array): Transcript {
  return startedWith(ASSIGNMENT_LABELS.oneShot, story);
}

/** Bound to the block: two blocks of one author and slot have the same story. */
export function equivocationTranscript(
  story: Uint8Array,
  block: Hash,
  core: CoreIndex,
): Transcript {
  const transcript = startedWith(ASSIGNMENT_LABELS.equivocation, story);
  transcript.appendMessage("block", hexToBytes(block));
  transcript.appendMessage("core", u32Bytes(core));
  return transcript;
}

// What proofs bind beside the value

export function assignedCore(core: CoreIndex): Transcript {
  const transcript = new Transcript(ASSIGNMENT_LABELS.assignedModulo);
  transcript.appendMessage("core", u32Bytes(core));
  return transcript;
}

export function assignedCores(cores: CoreBitfield): Transcript {
  const transcript = new Transcript(ASSIGNMENT_LABELS.assignedModuloCompact);
  transcript.appendMessage("cores", encode(CoreBitfield, cores));
  return transcript;
}

/** The bits of these cores, at least one; the last bit is set. */
export function coreBitfield(cores: readonly CoreIndex[]): CoreBitfield {
  return bitsAt(Math.max(...cores) + 1, cores);
}

// Outputs

export function moduloCore(value: VrfInOut, coreCount: number): CoreIndex {
  return asCoreIndex(drawU32(value, ASSIGNMENT_LABELS.core) % coreCount);
}

/** Distinct cores, in the order of the draw. */
export function compactCores(value: VrfInOut, session: CriteriaSession): readonly CoreIndex[] {
  const seed = makeBytes(value, ASSIGNMENT_LABELS.coreCompact, 32);
  const samples = Math.min(VRF_MODULO_SAMPLES_MAX, session.relayVrfModuloSamples);
  return drawDistinct(seed, samples, session.nCores).map(asCoreIndex);
}

/** Place among the block's candidates by core. */
export function oneShotPlace(value: VrfInOut, candidateCount: number): number {
  return drawU32(value, ASSIGNMENT_LABELS.core) % candidateCount;
}

export function delayTranche(value: VrfInOut, session: CriteriaSession): Tranche {
  return tranche(value, session.nDelayTranches, session.zerothDelayTrancheWidth);
}

export function equivocationTranche(value: VrfInOut, session: CriteriaSession): Tranche {
  return tranche(value, session.nDelayTranches, EQUIVOCATION_ZEROTH_WIDTH);
}

/** The first `zerothWidth` tranches fall together into tranche 0. */
function tranche(value: VrfInOut, tranches: number, zerothWidth: number): Tranche {
  const wide = drawU32(value, ASSIGNMENT_LABELS.tranche) % Math.max(1, tranches + zerothWidth);
  return Math.max(0, wide - zerothWidth);
}

function drawU32(value: VrfInOut, context: string): number {
  const bytes = makeBytes(value, context, 4);
  return new DataView(bytes.buffer, bytes.byteOffset, 4).getUint32(0, true);
}
