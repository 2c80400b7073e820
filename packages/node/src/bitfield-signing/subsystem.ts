/**
 * Signs one availability bitfield for each fresh leaf, a quarter of a slot after its activation: bit
 * i says that core i was occupied and that we hold our chunk of its candidate. Guide: Bitfield
 * Signing.
 */
import { type Clock, type Logger, sleep } from "@parahost/base";
import type { Keystore } from "@parahost/crypto";
import {
  bitfieldPayload,
  type CandidateHash,
  type CoreState,
  type Hash,
  type ValidatorIndex,
} from "@parahost/primitives";
import { bitsFrom } from "@parahost/scale";
import type { KeyValueStore } from "@parahost/storage";
import type { Context, Job } from "../overseer/context.ts";
import { unlessCancelled } from "../overseer/reply.ts";
import type { ActivatedLeaf } from "../overseer/signal.ts";
import { queryRuntime } from "../runtime-api/query.ts";
import { BitfieldRecord, type BitfieldRecordColumn } from "./bitfield-record.ts";

/** Share of the slot that chunks have to arrive in. */
const WAIT_SLOT_SHARE = 1 / 4;
const TARGET = "parachain::bitfield-signing";

export type BitfieldSigningSends = "availability-store" | "bitfield-distribution" | "runtime-api";
export type BitfieldSigningContext = Context<"bitfield-signing", BitfieldSigningSends>;

export interface BitfieldSigningDependencies {
  readonly clock: Clock;
  readonly logger: Logger;
  readonly keystore: Keystore;
  readonly store: KeyValueStore<BitfieldRecordColumn>;
  readonly slotMs: number;
}

/** Signs until concluded. */
export async function run(
  context: BitfieldSigningContext,
  deps: BitfieldSigningDependencies,
): Promise<void> {
  const record = new BitfieldRecord(deps.store);
  const jobs = new Map<Hash, Job>();
  for await (const incoming of context.inbox) {
    if (incoming.from === "subsystem") continue;
    const { signal } = incoming;
    if (signal.type === "blockFinalized") record.prune(signal.number);
    if (signal.type === "conclude") break;
    if (signal.type !== "activeLeaves") continue;
    for (const leaf of signal.deactivated) {
      jobs.get(leaf)?.cancel();
      jobs.delete(leaf);
    }
    const leaf = signal.activated;
    // On a leaf that was active before a bitfield was signed then.
    if (leaf === undefined || leaf.status === "stale") continue;
    const job = context.spawn("bitfield", (abort) => signLeaf(context, deps, record, leaf, abort));
    jobs.set(leaf.hash, job);
  }
  for (const job of jobs.values()) job.cancel();
}

async function signLeaf(
  context: BitfieldSigningContext,
  deps: BitfieldSigningDependencies,
  record: BitfieldRecord,
  leaf: ActivatedLeaf,
  abort: AbortSignal,
): Promise<void> {
  const { clock, keystore, logger, slotMs } = deps;
  if (!(await sleep(clock, Math.floor(slotMs * WAIT_SLOT_SHARE), abort))) return;
  const validators = await queryRuntime(context, leaf.hash, "validators");
  const own = new Set<string>(keystore.publicKeys("para"));
  const validatorIndex = validators?.findIndex((key) => own.has(key));
  const publicKey = validators?.[validatorIndex ?? -1];
  if (publicKey === undefined) return;

  const cores = await queryRuntime(context, leaf.hash, "availabilityCores");
  const sessionIndex = await queryRuntime(context, leaf.hash, "sessionIndexForChild");
  if (cores === undefined || sessionIndex === undefined) {
    logger.log("debug", TARGET, "no cores, no bitfield", { leaf: leaf.hash });
    return;
  }
  const index = validatorIndex as ValidatorIndex;
  const bits = await Promise.all(cores.map((core) => holdsChunk(context, core, index)));
  if (bits.includes(undefined)) {
    logger.log("debug", TARGET, "the store does not answer, no bitfield", { leaf: leaf.hash });
    return;
  }
  if (abort.aborted) return;
  const payload = record.claim(leaf.number, leaf.hash, bitsFrom(bits.map((bit) => bit === true)));
  const signingContext = { sessionIndex, parentHash: leaf.hash };
  const signature = keystore.sign("para", publicKey, bitfieldPayload(payload, signingContext));
  if (signature === undefined) return;
  await context.send("bitfield-distribution", {
    type: "distributeBitfield",
    relayParent: leaf.hash,
    bitfield: { payload, validatorIndex: index, signature },
  });
}

async function holdsChunk(
  context: BitfieldSigningContext,
  core: CoreState,
  validatorIndex: ValidatorIndex,
): Promise<boolean | undefined> {
  if (core.type !== "occupied") return false;
  const candidateHash: CandidateHash = core.value.candidateHash;
  const question = { type: "queryChunkAvailability", candidateHash, validatorIndex } as const;
  return unlessCancelled(context.ask("availability-store", question));
}
