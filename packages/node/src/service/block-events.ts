/** What a relay chain block means to those who watch: the events of its import. */
import {
  type CandidateEvent,
  type CandidateHash,
  candidateHash,
  type Hash,
  type Header,
  type ParaId,
} from "@parahost/primitives";
import { runtimeApi, type State } from "@parahost/runtime";
import type { CandidateInBlock, NodeEventData } from "../events.ts";
import type { BlockVerdicts } from "./condemned-candidates.ts";
import { slashEvents } from "./slash-events.ts";

/** Reads the number of a parachain block from its head; `undefined` when the head does not say. */
export type HeadNumber = (para: ParaId, head: Uint8Array) => number | undefined;

/** What the block did about candidates. `state` is the one after it. */
export function verdictsIn(state: State): BlockVerdicts {
  const included = runtimeApi
    .candidateEvents(state)
    .flatMap(({ type, value }) => (type === "included" ? [candidateHash(value.receipt)] : []));
  const foundInvalid = runtimeApi.eventsOf(state).flatMap(({ event }) => {
    if (event.type !== "parasDisputes" || event.value.type !== "disputeConcluded") return [];
    const { candidateHash: hash, result } = event.value.value as {
      readonly candidateHash: CandidateHash;
      readonly result: { readonly type: "valid" | "invalid" };
    };
    return result.type === "invalid" ? [hash] : [];
  });
  return { included, foundInvalid };
}

/** The block itself first, then each candidate that it moved, then who lost stake; without a state the block alone. */
export function eventsOfBlock(
  header: Header,
  hash: Hash,
  author: string,
  state: State | undefined,
  headNumber: HeadNumber,
): NodeEventData[] {
  const candidates = state === undefined ? [] : runtimeApi.candidateEvents(state);
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
    ...(state === undefined
      ? []
      : slashEvents(runtimeApi.eventsOf(state).map(({ event }) => event))),
  ];
}
