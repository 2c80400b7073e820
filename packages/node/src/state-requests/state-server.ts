/**
 * Answers other nodes' questions about states: reads, calls and whole states, each with a proof, for the
 * blocks whose states we keep. Reference: consensus 7.7, 7.8.
 */
import { err, type Hex, ok, type Result } from "@parahost/base";
import {
  decodeLightRequest,
  decodeStateRequest,
  encodeLightResponse,
  encodeStateResponse,
  type LightRequest,
  STATE_BYTES_SOFT_MAX,
} from "@parahost/network";
import type { Hash } from "@parahost/primitives";
import {
  type ChildId,
  DEFAULT_CHILD_PREFIX,
  encodeCompactProof,
  type NodeCache,
  Overlay,
  ProofRecorder,
  TrieBackend,
  tryRead,
} from "@parahost/trie";
import { walkState } from "./state-walk.ts";

/** The states that can be asked about. */
export interface ProvableStates {
  has(block: Hash): boolean;
  backend(block: Hash): { readonly cache: NodeCache; readonly root: Hex };
}

/** Calls a function of the runtime on a state; false when there is no such function. */
export type RuntimeCall = (
  state: Overlay,
  block: Hash,
  method: string,
  data: Uint8Array,
) => boolean;

export type StateAnswerError =
  | { readonly code: "malformed"; readonly message: string }
  /** The block is not known, or its state is gone. */
  | { readonly code: "unknownState" }
  | { readonly code: "unknownFunction" };

export class StateServer {
  readonly #states: ProvableStates;
  readonly #call: RuntimeCall;

  constructor(states: ProvableStates, call: RuntimeCall) {
    this.#states = states;
    this.#call = call;
  }

  /** The answer to a `light/2` request. */
  light(payload: Uint8Array): Result<Uint8Array, StateAnswerError> {
    const request = decodeLightRequest(payload);
    if (!request.ok) return err({ code: "malformed", message: request.error.message });
    const { value } = request;
    if (!this.#states.has(value.block)) return err({ code: "unknownState" });
    const recorder = new ProofRecorder();
    const { cache, root } = this.#states.backend(value.block);
    const state = new TrieBackend(cache, root, recorder);
    const done = tryRead(() => this.#read(state, value));
    // A child trie that is not there is no fault: the proof shows it.
    if (done.ok && !done.value) return err({ code: "unknownFunction" });
    if (!done.ok) return err({ code: "unknownState" });
    return ok(encodeLightResponse(value, recorder.proof()));
  }

  #read(state: TrieBackend, request: LightRequest): boolean {
    // An empty state has a root as well.
    state.value("0x");
    if (request.type === "call")
      return this.#call(new Overlay(state), request.block, request.method, request.data);
    const child = request.child === undefined ? undefined : childIdOf(request.child);
    for (const key of request.keys) state.value(key, child);
    return true;
  }

  /** The answer to a `state/2` request. */
  state(payload: Uint8Array): Result<Uint8Array, StateAnswerError> {
    const request = decodeStateRequest(payload);
    if (!request.ok) return err({ code: "malformed", message: request.error.message });
    const { block, start } = request.value;
    if (!this.#states.has(block)) return err({ code: "unknownState" });
    const { cache, root } = this.#states.backend(block);
    const recorder = new ProofRecorder();
    const walked = tryRead(() => {
      for (const _ of walkState(new TrieBackend(cache, root, recorder), start))
        if (recorder.byteLength >= STATE_BYTES_SOFT_MAX) return;
    });
    if (!walked.ok) return err({ code: "unknownState" });
    return ok(encodeStateResponse(encodeCompactProof(root, recorder.proof())));
  }
}

const childIdOf = (key: Hex): ChildId =>
  (key.startsWith(DEFAULT_CHILD_PREFIX)
    ? `0x${key.slice(DEFAULT_CHILD_PREFIX.length)}`
    : key) as ChildId;
