/** What can be told of a chain beyond its protocol: names of well-known validators, and our own state machines. */
import { HostError } from "@parahost/base";
import { genesisState } from "@parahost/node/service/relay-chain";
import { type HeadData, type ParaId, validationCodeHash } from "@parahost/primitives";
import { developmentKeys, developmentUri, runtimeApi } from "@parahost/runtime";
import { validatorName } from "@parahost/sim/local-network";
import { headNumberOf, type ParaKind, planPara } from "@parahost/sim/para-plan";
import type { ChosenChain } from "./chain-choice.ts";

const KINDS: readonly ParaKind[] = ["ledger", "adder"];
/** Paras whose kind is remembered, the unknown ones included. */
const KINDS_REMEMBERED_MAX = 1024;

export class KnownNames {
  readonly slotMs: number;
  readonly #state;
  readonly #authors = new Map<string, string>();
  readonly #kinds = new Map<ParaId, ParaKind | undefined>();

  constructor({ genesis, chainType }: ChosenChain) {
    this.#state = genesisState(genesis);
    const { slotDuration, authorities } = runtimeApi.babeConfiguration(this.#state);
    this.slotMs = slotDuration;
    if (chainType !== "Live")
      for (const index of authorities.keys())
        this.#authors.set(developmentKeys(developmentUri(index)).babe, validatorName(index));
  }

  /** The name of who has this BABE key, where everybody knows it. */
  authorName(key: string): string | undefined {
    return this.#authors.get(key);
  }

  /** Which of our state machines a para begins with. Throws `HostError` `unknownPara`. */
  kindOf(para: ParaId): ParaKind {
    const kind = this.#kindOf(para);
    if (kind === undefined)
      throw new HostError("unknownPara", {
        message: `the chain begins without a parachain ${para} that runs one of our state machines (${KINDS.join(", ")})`,
      });
    return kind;
  }

  headNumber(para: ParaId, head: HeadData): number | undefined {
    const kind = this.#kindOf(para);
    return kind === undefined ? undefined : headNumberOf(kind, head);
  }

  #kindOf(para: ParaId): ParaKind | undefined {
    if (this.#kinds.has(para)) return this.#kinds.get(para);
    const hash = runtimeApi.validationCodeHash(this.#state, para, { type: "timedOut" });
    const kind =
      hash === undefined
        ? undefined
        : KINDS.find((candidate) => validationCodeHash(planPara(para, candidate).code) === hash);
    if (this.#kinds.size < KINDS_REMEMBERED_MAX) this.#kinds.set(para, kind);
    return kind;
  }
}
