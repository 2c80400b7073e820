/**
 * The parachains whose nodes run here: heads, accounts, and transactions from their submission to their finality.
 * A head is asked for by its meaning: `best` (the default), `finalized`, or `latest` (built, not included yet).
 */
import { type Hex, type Result, unreachable } from "@parahost/base";
import type {
  ParaAccount,
  ParaHead,
  ParaPlace,
  ParaStatus,
  ParaSummary,
  SubmitError,
  TransactionListener,
  TransactionStatus,
  UnknownHead,
} from "@parahost/collator";
import { ErrorCode, type Json, RpcError } from "../json-rpc.ts";
import type { Methods } from "../method.ts";
import { hash, hexBytes, optional, type Param, param, uint } from "../params.ts";
import { toJson } from "./json.ts";

/** What the methods need of a parachain's node. */
export interface ParaAccess {
  readonly name: string;
  readonly status: ParaStatus;
  head(at: ParaPlace): ParaHead;
  account(id: Hex, at: ParaPlace): Result<ParaAccount, UnknownHead>;
  summary(at: ParaPlace): Result<ParaSummary, UnknownHead>;
  submit(transaction: Uint8Array): Result<Hex, SubmitError>;
  transactionStatus(hash: Hex): TransactionStatus | undefined;
  watchTransaction(hash: Hex, listener: TransactionListener): () => void;
}

/** Longer ones are refused before they are looked at; the pool has a limit of its own. */
const TRANSACTION_BYTES_MAX = 5 * 1024 * 1024;

const PLACES: readonly ParaPlace[] = ["best", "finalized", "latest"];

const place: Param<ParaPlace> = {
  what: '"best", "finalized" or "latest"',
  read: (value) => PLACES.find((known) => known === value),
};

export function paraMethods(paras: ReadonlyMap<number, ParaAccess>): Methods {
  /** The parachain that the first parameter names. */
  const paraOf = (params: readonly Json[]): ParaAccess => {
    const id = param(params, 0, "paraId", uint);
    const para = paras.get(id);
    if (para !== undefined) return para;
    const known = [...paras.keys()].join(", ");
    throw new RpcError(
      ErrorCode.refused,
      `no parachain ${id} on this node: ${known === "" ? "it has none" : `it has ${known}`}`,
    );
  };
  const placeOf = (params: readonly Json[], position: number): ParaPlace =>
    param(params, position, "at", optional(place)).value ?? "best";
  return {
    methods: {
      para_list: () => [...paras].map(([paraId, para]) => entryOf(paraId, para)),
      para_head: (params) => {
        const {
          hash: head,
          number,
          head: headData,
          isKnown,
        } = paraOf(params).head(placeOf(params, 1));
        return toJson({ hash: head, number: number ?? null, headData, isKnown });
      },
      para_account: (params) => {
        const para = paraOf(params);
        const id = param(params, 1, "publicKey", hash);
        const at = placeOf(params, 2);
        const { nonce, balance } = stateOrRefusal(para.account(id, at), at);
        return { nonce, balance: balance.toString() };
      },
      para_summary: (params) => {
        const para = paraOf(params);
        const at = placeOf(params, 1);
        return toJson(stateOrRefusal(para.summary(at), at));
      },
      para_submitTransaction: (params) => {
        const para = paraOf(params);
        const taken = para.submit(param(params, 1, "transaction", hexBytes(TRANSACTION_BYTES_MAX)));
        if (taken.ok) return taken.value;
        throw new RpcError(
          ErrorCode.refused,
          `transaction refused: ${refusalText(taken.error)}`,
          toJson(taken.error),
        );
      },
      para_transactionStatus: (params) =>
        toJson(paraOf(params).transactionStatus(param(params, 1, "hash", hash))),
    },
    subscriptions: {
      para_watchTransaction: {
        notification: "para_transactionUpdate",
        unsubscribe: "para_unwatchTransaction",
        start: (params, send) => {
          const para = paraOf(params);
          const id = param(params, 1, "hash", hash);
          const now = para.transactionStatus(id);
          if (now === undefined)
            throw new RpcError(
              ErrorCode.refused,
              `transaction ${id} is not known here: submit it first`,
            );
          const stop = para.watchTransaction(id, ({ status }) => void send(toJson(status)));
          send(toJson(now));
          return stop;
        },
      },
    },
  };
}

function entryOf(paraId: number, { name, status }: ParaAccess): Json {
  const { best, finalized, latest, foreign, waitingCount, waitingBytes, problem } = status;
  const brief = ({ hash: head, number, isKnown }: ParaHead) => ({
    hash: head,
    number: number ?? null,
    isKnown,
  });
  return toJson({
    paraId,
    name,
    best: brief(best),
    finalized: brief(finalized),
    latest: brief(latest),
    foreign: foreign ?? null,
    waiting: { count: waitingCount, bytes: waitingBytes },
    problem: problem ?? null,
  });
}

function stateOrRefusal<T>(answer: Result<T, UnknownHead>, at: ParaPlace): T {
  if (answer.ok) return answer.value;
  throw new RpcError(
    ErrorCode.refused,
    `the state of the ${at} head ${answer.error.head} is not on this node`,
    toJson(answer.error),
  );
}

function refusalText(error: SubmitError): string {
  switch (error.code) {
    case "undecodable":
      return `it is not a transaction of this parachain: ${error.message}`;
    case "badSignature":
      return "its signature is wrong";
    case "refused":
      return `the chain's code refuses it: ${error.validity}`;
    case "zeroAmount":
      return "it transfers nothing";
    case "tooLarge":
      return `its ${error.bytes} bytes are more than ${error.bytesMax}`;
    case "temporarilyBanned":
      return `it was refused before, and is not looked at again for ${Math.ceil(error.forMs / 1000)} s`;
    case "alreadyInPool":
      return "it waits already";
    case "alreadyInBlock":
      return `it is in block ${error.number} already`;
    case "staleNonce":
      return `nonce ${error.nonce} has been used, the next is ${error.expected}`;
    case "nonceTooFar":
      return `nonce ${error.nonce} is too far ahead, at most ${error.nonceMax} is taken now`;
    case "nonceTaken":
      return `transaction ${error.by} of the same sender waits with the same nonce`;
    case "tooManyOfSender":
      return `${error.countMax} transactions of the same sender wait`;
    case "poolFull":
      return "too many transactions wait: try again later";
    default:
      return unreachable(error);
  }
}
