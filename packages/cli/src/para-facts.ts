/** What a network's JSON-RPC says of its paras, as far as `parahost para` puts it into words. */
import { bytesToHex, concatBytes, type Hex, hexToBytes, u32Bytes } from "@parahost/base";
import { twox64 } from "@parahost/crypto";
import { storagePrefix } from "@parahost/kit/schema/chain";
import { type CoreIndex, type GroupRotationInfo, groupForCore } from "@parahost/primitives";
import { ParaLifecycle } from "@parahost/runtime/parachains/paras/lifecycle";
import { type Codec, decode, u32, vec } from "@parahost/scale";
import type { NewestCandidate, WhyFacts } from "./para-why.ts";

/** Asks the network's JSON-RPC. */
export type Ask = <T>(method: string, params: readonly unknown[]) => Promise<T>;

const KEYS_AT_ONCE = 1000;
/** Blocks after which a candidate's data should have been there. */
const AVAILABILITY_BLOCKS = 2;

const key = (pallet: string, item: string): Hex => bytesToHex(storagePrefix(pallet, item));

async function read<T>(ask: Ask, at: Hex, codec: Codec<T>): Promise<T | undefined> {
  const stored = await ask<Hex | null>("state_getStorage", [at]);
  return stored === null ? undefined : decode(codec, hexToBytes(stored));
}

/** Every para that the relay chain knows, in the order of ids. */
export async function lifecycles(ask: Ask): Promise<ReadonlyMap<number, string>> {
  const prefix = key("Paras", "paraLifecycles");
  const keys = await ask<Hex[]>("state_getKeysPaged", [prefix, KEYS_AT_ONCE]);
  const found = await Promise.all(
    keys.map(async (at): Promise<readonly [number, string]> => {
      const lifecycle = await read(ask, at, ParaLifecycle);
      return [decode(u32, hexToBytes(at).slice(-4)), lifecycle?.type ?? "unknown"];
    }),
  );
  return new Map(found.sort(([a], [b]) => a - b));
}

interface Core {
  readonly core: number;
  readonly state: string;
  readonly para?: number;
  readonly group?: number;
  readonly occupiedSince?: number;
  readonly available?: readonly number[];
  readonly validators?: number;
  readonly next: readonly number[];
}

interface Verdict {
  readonly isProgressing: boolean;
  readonly newest: NewestCandidate | null;
  readonly suspendedBy: string | null;
}

interface OwnPara {
  readonly paraId: number;
  readonly problem: string | null;
  readonly best: { readonly number: number | null };
  readonly latest: { readonly number: number | null };
}

/** Everything that `whySentence` looks at. */
export async function whyFacts(ask: Ask, para: number): Promise<WhyFacts> {
  const [known, session = 0, sessionDelay = 1, verdict, cores, disputes, own, best] =
    await Promise.all([
      lifecycles(ask),
      read(ask, key("ParasShared", "currentSessionIndex"), u32),
      read(ask, key("ParasShared", "sessionDelay"), u32),
      ask<Verdict>("para_why", [para]),
      ask<readonly Core[]>("para_cores", []),
      ask<readonly { candidate: string; para: number | null; concludedAt: number | null }[]>(
        "para_disputes",
        [],
      ),
      ask<readonly OwnPara[]>("para_list", []),
      ask<{ readonly number: Hex }>("chain_getHeader", []),
    ]);
  const lifecycle = known.get(para);
  const core = cores.find((one) => one.para === para || one.next.includes(para));
  const isOccupied = core?.state === "occupied" && core.para === para;
  const collator = own.find(({ paraId }) => paraId === para);
  return {
    para,
    lifecycle,
    session,
    sessionDelay,
    actsAt: lifecycle === "onboarding" ? await actsAt(ask, para, session) : undefined,
    ...verdict,
    openDisputes: disputes
      .filter((dispute) => dispute.para === para && dispute.concludedAt === null)
      .map(({ candidate }) => candidate),
    core: core && {
      isOccupied,
      group: core.group ?? (await groupOf(ask, core.core)),
      available: core.available?.length ?? 0,
      validators: core.validators ?? 0,
      isLate: isOccupied && Number(best.number) - (core.occupiedSince ?? 0) > AVAILABILITY_BLOCKS,
    },
    collator: collator && {
      problem: collator.problem,
      waiting:
        (collator.latest.number ?? 0) > (collator.best.number ?? 0)
          ? (collator.latest.number ?? undefined)
          : undefined,
    },
  };
}

/** The group that backs on a core in the next block. */
async function groupOf(ask: Ask, core: number): Promise<number | undefined> {
  const { groups, rotation } = await ask<{
    readonly groups: readonly unknown[];
    readonly rotation: GroupRotationInfo;
  }>("para_groups", []);
  return groupForCore(core as CoreIndex, groups.length, rotation);
}

/** The session in which the para's next step is taken. */
async function actsAt(ask: Ask, para: number, session: number): Promise<number | undefined> {
  for (const candidate of [session, session + 1, session + 2]) {
    const index = u32Bytes(candidate);
    const hashed = concatBytes(storagePrefix("Paras", "actionsQueue"), twox64(index), index);
    const queue = await read(ask, bytesToHex(hashed), vec(u32));
    if (queue?.includes(para)) return candidate;
  }
  return undefined;
}
