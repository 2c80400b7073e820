/** Questions for blocks, whose answers are blocks that were asked for. Reference: consensus 7.6. */
import { describe } from "@parahost/base";
import type { IfDisconnected, Network, PeerId } from "../port.ts";
import type { ChainIdentity } from "../protocols/names.ts";
import {
  type BlockRequest,
  decodeBlockResponse,
  encodeBlockRequest,
  syncProtocol,
} from "../protocols/sync.ts";
import { Reputation } from "../reputation.ts";
import { type AnsweredBlock, checkAnswer } from "./check-answer.ts";

export class BlockQuestions {
  readonly #network: Network;
  readonly #protocolName: string;
  #isClosed = false;

  /** The protocol is registered by the caller. */
  constructor(network: Network, identity: ChainIdentity) {
    this.#network = network;
    this.#protocolName = syncProtocol(identity).name;
  }

  /** No answer is given from now on, and nobody pays. */
  close(): void {
    this.#isClosed = true;
  }

  /** The blocks of a proper answer; `undefined` when there is none, for which the peer has paid. */
  async ask(
    peer: PeerId,
    request: BlockRequest,
    ifDisconnected: IfDisconnected = "immediateError",
  ): Promise<readonly AnsweredBlock[] | undefined> {
    const payload = encodeBlockRequest(request);
    const network = this.#network;
    const response = await network.request(peer, this.#protocolName, payload, ifDisconnected);
    if (this.#isClosed || !response.ok) return undefined;
    const blocks = decodeBlockResponse(response.value, request.fields);
    if (!blocks.ok) {
      network.report(peer, Reputation.costMajor, blocks.error.message);
      return undefined;
    }
    const answer = checkAnswer(request, blocks.value);
    if (answer.ok) return answer.value;
    network.report(peer, Reputation.costMajor, describe(answer.error));
    return undefined;
  }
}
