/** One line for each event, for people. */
import type { NodeEvent } from "@parahost/node";
import type { ParaId } from "@parahost/primitives";

/** Short enough to read, long enough to tell apart. */
const short = (hash: string): string => `${hash.slice(0, 8)}…${hash.slice(-4)}`;

const time = (ms: number): string => new Date(ms).toTimeString().slice(0, 8);

/** Remembers the numbers of candidates, so that a relay block's line can name parachain blocks. */
export class EventLines {
  /** Names of parachains, such as `ledger`. */
  readonly #names: ReadonlyMap<ParaId, string>;

  constructor(names: ReadonlyMap<ParaId, string>) {
    this.#names = names;
  }

  /** The line, or `undefined` for an event that another line tells already. */
  line(event: NodeEvent): string | undefined {
    const text = this.#text(event);
    return text === undefined ? undefined : `${time(event.time)}  ${text}`;
  }

  #text(event: NodeEvent): string | undefined {
    switch (event.event) {
      case "relay.imported":
        return `relay     #${event.number} ${short(event.hash)} by ${event.author}`;
      case "relay.finalized":
        return `finalized #${event.number} ${short(event.hash)}`;
      case "candidate.seconded":
        return this.#candidate("seconded", event, ` by ${event.node}`);
      case "candidate.backed":
        return this.#candidate("backed", event, ` in relay #${event.relayNumber}`);
      case "candidate.included":
        return this.#candidate("included", event, ` in relay #${event.relayNumber}`);
      case "candidate.timedOut":
        return this.#candidate("timed out", event, ` at relay #${event.relayNumber}`);
      case "candidate.approved":
        return this.#candidate("approved", event, "");
      case "para.block":
        return `${this.#para(event.para)} block #${event.number} ${short(event.head)} built`;
      case "dispute.raised":
        return `dispute   ${this.#para(event.para)} ${short(event.candidate)} raised by validator ${event.validator}`;
      case "dispute.concluded":
        return `dispute   ${this.#para(event.para)} ${short(event.candidate)} concluded ${event.outcome}`;
      case "validator.slashed":
        return `slashed   ${short(event.validator)} by ${event.amount}: ${event.reason}`;
      case "chain.reverted":
        return `reverted  to #${event.to}`;
    }
  }

  #candidate(
    what: string,
    { para, candidate, number }: { para: ParaId; candidate: string; number?: number },
    where: string,
  ): string {
    const block = number === undefined ? short(candidate) : `#${number}`;
    return `${this.#para(para)} block ${block} ${what}${where}`;
  }

  #para(para: ParaId): string {
    const name = this.#names.get(para);
    return (name === undefined ? `para ${para}` : `${name} ${para}`).padEnd(12);
  }
}
