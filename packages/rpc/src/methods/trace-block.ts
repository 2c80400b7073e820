/**
 * `state_traceBlock`: a block is executed again upon its parent's state, and what it reads and writes is told.
 *
 * Reference: json-rpc-and-metadata.md 5.2.
 */
import { expectOk } from "@parahost/base";
import type { RelayNode } from "@parahost/node/service/node";
import { asHash, type Hash, stripSeal } from "@parahost/primitives";
import { applyExtrinsic, finalizeBlock, initializeBlock } from "@parahost/runtime";
import type { Json } from "../json-rpc.ts";
import type { Methods } from "../method.ts";
import { hash, optional, param, text } from "../params.ts";
import { runtimeStateAt } from "./relay.ts";
import { Trace, TracedState, type TraceFilter, TraceTooLarge } from "./state-trace.ts";

/** What is told where nobody says which: everything that there is. */
const DEFAULT_TARGETS = "pallet,frame,state";
/** Target of the parts of a block's execution, by the name that tools look for. */
const EXECUTIVE = "frame_executive";
/** Characters of one answer. */
const TRACE_LENGTH_MAX = 15 * 1024 * 1024;

/** For the node's owner: executing a block takes as long as importing it. */
export const traceMethods = (node: RelayNode): Methods => ({
  methods: {
    state_traceBlock: (params) => {
      const block = asHash(param(params, 0, "block", hash));
      const asked = [1, 2, 3].map((position) => {
        const name = ["targets", "storageKeys", "methods"][position - 1] as string;
        return param(params, position, name, optional(text)).value;
      });
      const [tracingTargets = DEFAULT_TARGETS, storageKeys = "", methods = ""] = asked;
      const filter: TraceFilter = {
        targets: tracingTargets.split(","),
        keys: storageKeys.split(",").map((key) => key.replace(/^0x/, "").toLowerCase()),
        methods: methods.split(","),
      };
      const traced = traceBlock(node, block, filter);
      if (typeof traced === "string") return { traceError: { error: traced } };
      const { parentHash, spans, events } = traced;
      const [blockHash, parent] = [block, parentHash].map((one) => one.slice(2)) as [
        string,
        string,
      ];
      return {
        blockTrace: {
          blockHash,
          parentHash: parent,
          tracingTargets,
          storageKeys,
          methods,
          spans,
          events,
        },
      };
    },
  },
  subscriptions: {},
});

interface Traced {
  readonly parentHash: Hash;
  readonly spans: readonly Json[];
  readonly events: readonly Json[];
}

/** What a block's execution touches, or why that cannot be told. */
function traceBlock(node: RelayNode, block: Hash, filter: TraceFilter): Traced | string {
  const { chain } = node;
  const [sealed, extrinsics] = [chain.header(block), chain.body(block)];
  if (sealed === undefined || extrinsics === undefined)
    return `there is no block ${block} here, or no longer its body`;
  const stripped = stripSeal(sealed);
  if (stripped === undefined) return "the block of genesis was not executed";
  const { header } = stripped;
  const trace = new Trace(filter, TRACE_LENGTH_MAX);
  const state = new TracedState(runtimeStateAt(node, header.parentHash), trace);
  const part = <T>(name: string, run: () => T): T => trace.span(EXECUTIVE, name, run);
  try {
    part("execute_block", () => {
      const opened = part("initialize_block", () => initializeBlock(state, header));
      expectOk(opened, "the block was imported");
      for (const extrinsic of extrinsics) {
        const applied = part("apply_extrinsic", () => applyExtrinsic(state, extrinsic));
        expectOk(applied, "the block was imported");
      }
      part("finalize_block", () => finalizeBlock(state));
    });
  } catch (error) {
    if (!(error instanceof TraceTooLarge)) throw error;
    return "the trace is too long for one answer: name fewer storage keys or methods";
  }
  return { parentHash: header.parentHash, spans: trace.spans, events: trace.events };
}
