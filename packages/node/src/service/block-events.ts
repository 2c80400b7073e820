/** What a relay chain block means to those who watch: the events of its import. */
import {
  type CandidateEvent,
  candidateHash,
  type Hash,
  type Header,
  type ParaId,
} from "@parahost/primitives";
import type { CandidateInBlock, NodeEventData } from "../events.ts";

/** Reads the number of a parachain block from its head; `undefined` when the head does not say. */
export type HeadNumber = (para: ParaId, head: Uint8Array) => number | undefined;

/** The block itself first, then each candidate that it moved. */
export function eventsOfBlock(
  header: Header,
  hash: Hash,
  author: string,
  candidates: readonly CandidateEvent[],
  headNumber: HeadNumber,
): NodeEventData[] {
  const moved = candidates.map(({ type, value: { receipt, headData } }): NodeEventData => {
    const para = receipt.descriptor.paraId;
    const number = headNumber(para, headData);
    return {
      event: `candidate.${type}`,
      para,
      candidate: candidateHash(receipt),
      relayNumber: header.number,
      ...(number === undefined ? {} : { number }),
    };
  });
  const inBlock = (kind: CandidateEvent["type"]): CandidateInBlock[] =>
    candidates
      .filter(({ type }) => type === kind)
      .map(({ value: { receipt } }) => ({
        para: receipt.descriptor.paraId,
        candidate: candidateHash(receipt),
      }));
  return [
    {
      event: "relay.imported",
      number: header.number,
      hash,
      author,
      backed: inBlock("backed"),
      included: inBlock("included"),
    },
    ...moved,
  ];
}
