/** The parachains of a local network: which state machine each runs, and its validation code. */
import { assert, describe, type Hex } from "@parahost/base";
import { GuestStateMachine } from "@parahost/collator";
import {
  AdderHead,
  AdderStateMachine,
  LedgerHead,
  LedgerStateMachine,
  type ParaStateMachine,
} from "@parahost/kit";
import { adderCode, ledgerCode, templateCode } from "@parahost/kit/artifacts";
import {
  type ChainSchema,
  type GenesisConfig,
  type GenesisEntries,
  genesisEntries,
  type TokenSchema,
} from "@parahost/kit/schema";
import { chain as counter } from "@parahost/kit/templates/counter";
import { asParaId, Header, type ParaId, type ValidationCodeHash } from "@parahost/primitives";
import { developmentAccount } from "@parahost/runtime";
import { tryDecode } from "@parahost/scale";

/** Parachains that come with the network. */
export type ParaKind = "adder" | "ledger" | "counter";

export interface ParaPlan {
  readonly id: ParaId;
  /** What people call it: a `ParaKind`, or the name of an author's chain. */
  readonly kind: string;
  readonly code: Uint8Array;
  /** Of a declared chain: what its balances are counted in. */
  readonly token?: Pick<TokenSchema, "symbol" | "decimals">;
  /** How it begins; a parachain has a core of its own, a parathread buys blocks one by one. */
  readonly lifecycle?: "parachain" | "parathread";
  /** A state machine of its own for everybody who runs the para; all begin with the same head. */
  machine(): ParaStateMachine;
  /** Number of the parachain block behind a head, `undefined` for what is no head of it. */
  headNumber(head: Uint8Array): number | undefined;
}

/** What each well-known account of a ledger begins with. */
export const LEDGER_ENDOWMENT = 1_000_000n;

/** Accounts that a ledger endows, by name. */
export const LEDGER_ACCOUNTS = ["Alice", "Bob", "Charlie", "Dave", "Eve", "Ferdie"] as const;

/** Parachains of a local network have ids from here on. */
export const FIRST_PARA_ID = 1000;
const KINDS: readonly ParaKind[] = ["ledger", "adder"];

/** `count` parachains from id 1000 on: ledger, adder, ledger, … */
export function planParas(count: number): ParaPlan[] {
  return Array.from({ length: count }, (_, index) => {
    const id = asParaId(FIRST_PARA_ID + index);
    return planPara(id, KINDS[index % KINDS.length] as ParaKind);
  });
}

export function planPara(id: ParaId, kind: ParaKind): ParaPlan {
  const headNumber = (head: Uint8Array) => headNumberOf(kind, head);
  switch (kind) {
    case "adder":
      return { id, kind, code: adderCode(), machine: () => new AdderStateMachine(), headNumber };
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
        headNumber,
      };
    }
    case "counter":
      return planGuest(id, counter, templateCode("counter"));
  }
}

/** What each well-known account of a declared chain begins with, in whole tokens. */
const GUEST_ENDOWMENT = 1_000n;

export interface GuestPlanOptions {
  readonly storage?: GenesisConfig["storage"];
  /** Of code that the chain has, or comes to have: faults are told by file and line then. */
  readonly sourceMap?: (code: ValidationCodeHash) => string | undefined;
}

/** A chain of the kit as it begins. */
export interface GuestGenesis {
  readonly id: ParaId;
  readonly name: string;
  /** Not compressed. */
  readonly code: Uint8Array;
  readonly genesis: GenesisEntries;
  readonly token: Pick<TokenSchema, "symbol" | "decimals">;
}

/**
 * A chain of the kit: validators run `code`, and its collators build with it. It begins with balances for the
 * well-known accounts, and with `storage` if given.
 */
export function planGuest(
  id: ParaId,
  schema: ChainSchema,
  code: Uint8Array,
  { storage, sourceMap }: GuestPlanOptions = {},
): ParaPlan {
  return planOf(guestGenesis(id, schema, code, storage), sourceMap);
}

export function guestGenesis(
  id: ParaId,
  schema: ChainSchema,
  code: Uint8Array,
  storage: GenesisConfig["storage"] = {},
): GuestGenesis {
  const { name, token } = schema;
  const each = GUEST_ENDOWMENT * 10n ** BigInt(token.decimals);
  const genesis = genesisEntries(schema, {
    paraId: id,
    balances: LEDGER_ACCOUNTS.map((account) => [developmentAccount(`//${account}`), each]),
    storage,
  });
  return { id, name, code, genesis, token };
}

/** The plan of a chain of the kit that begins so. */
export function planOf(
  { id, name, code, genesis, token }: GuestGenesis,
  sourceMap: NonNullable<GuestPlanOptions["sourceMap"]> = () => undefined,
): ParaPlan {
  return {
    id,
    kind: name,
    code,
    token,
    machine: () => {
      const machine = GuestStateMachine.create({
        name,
        wasm: code,
        genesis,
        sourceMap,
      });
      assert(machine.ok, `validators refuse the code of ${name}: ${describe(machine)}`);
      return machine.value;
    },
    headNumber: headerNumber,
  };
}

/** Of heads that are headers, as those of declared chains are. */
function headerNumber(head: Uint8Array): number | undefined {
  const decoded = tryDecode(Header, head);
  return decoded.ok ? decoded.value.number : undefined;
}

/** Number of the parachain block behind a head. */
export function headNumberOf(kind: ParaKind, head: Uint8Array): number | undefined {
  switch (kind) {
    case "adder": {
      const decoded = tryDecode(AdderHead, head);
      return decoded.ok ? Number(decoded.value.number) : undefined;
    }
    case "ledger": {
      const decoded = tryDecode(LedgerHead, head);
      return decoded.ok ? decoded.value.number : undefined;
    }
    case "counter":
      return headerNumber(head);
  }
}
