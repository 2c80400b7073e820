/** The parachains of a local network: which state machine each runs, and its validation code. */
import type { Hex } from "@parahost/base";
import {
  AdderHead,
  AdderStateMachine,
  LedgerHead,
  LedgerStateMachine,
  type ParaStateMachine,
} from "@parahost/kit";
import { adderCode, ledgerCode } from "@parahost/kit/artifacts";
import { asParaId, type ParaId } from "@parahost/primitives";
import { developmentAccount } from "@parahost/runtime";
import { tryDecode } from "@parahost/scale";

export type ParaKind = "adder" | "ledger";

export interface ParaPlan {
  readonly id: ParaId;
  readonly kind: ParaKind;
  readonly code: Uint8Array;
  /** How it begins; a parachain has a core of its own, a parathread buys blocks one by one. */
  readonly lifecycle?: "parachain" | "parathread";
  /** A state machine of its own for everybody who runs the para; all begin with the same head. */
  machine(): ParaStateMachine;
}

/** What each well-known account of a ledger begins with. */
export const LEDGER_ENDOWMENT = 1_000_000n;

/** Accounts that a ledger endows, by name. */
export const LEDGER_ACCOUNTS = ["Alice", "Bob", "Charlie", "Dave", "Eve", "Ferdie"] as const;

const FIRST_PARA_ID = 1000;
const KINDS: readonly ParaKind[] = ["ledger", "adder"];

/** `count` parachains from id 1000 on: ledger, adder, ledger, … */
export function planParas(count: number): ParaPlan[] {
  return Array.from({ length: count }, (_, index) => {
    const id = asParaId(FIRST_PARA_ID + index);
    return planPara(id, KINDS[index % KINDS.length] as ParaKind);
  });
}

export function planPara(id: ParaId, kind: ParaKind): ParaPlan {
  switch (kind) {
    case "adder":
      return { id, kind, code: adderCode(), machine: () => new AdderStateMachine() };
    case "ledger": {
      const endowments = LEDGER_ACCOUNTS.map((name): readonly [Hex, bigint] => [
        developmentAccount(`//${name}`),
        LEDGER_ENDOWMENT,
      ]);
      return {
        id,
        kind,
        code: ledgerCode(),
        machine: () => new LedgerStateMachine({ paraId: id, endowments }),
      };
    }
  }
}

/** Number of the parachain block behind a head. */
export function headNumberOf(kind: ParaKind, head: Uint8Array): number | undefined {
  if (kind === "adder") {
    const decoded = tryDecode(AdderHead, head);
    return decoded.ok ? Number(decoded.value.number) : undefined;
  }
  const decoded = tryDecode(LedgerHead, head);
  return decoded.ok ? decoded.value.number : undefined;
}
