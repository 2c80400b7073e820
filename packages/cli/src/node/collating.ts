/** A collator beside its relay chain node: which state machine, and its blocks on disk. */
import type { Clock, Logger } from "@parahost/base";
import { ParaNode } from "@parahost/collator";
import type { NodeEventData } from "@parahost/node";
import type { CollatorConfig, RelayNode } from "@parahost/node/service/node";
import { type CollatorId, type HeadData, type ParaId, ZERO_HASH } from "@parahost/primitives";
import { runtimeApi } from "@parahost/runtime";
import { followRelayChain, paraHead } from "@parahost/sim/local-network";
import { type ParaKind, planPara } from "@parahost/sim/para-plan";
import type { KeyValueStore } from "@parahost/storage";
import { keepingBlocks, type ParaColumn, restoreBlocks } from "./para-blocks.ts";

export interface CollatingPorts {
  readonly clock: Clock;
  readonly logger: Logger;
  readonly store: KeyValueStore<ParaColumn>;
}

/** The para's node. It is told of its relay chain node once there is one. */
export class Collating {
  readonly para: ParaNode;
  readonly #ports: CollatingPorts;
  readonly #id: ParaId;
  readonly #genesisHead: HeadData;
  #node: RelayNode | undefined;
  /** While blocks are taken from disk: the head to be told instead of the relay chain's. */
  #restoring: HeadData | undefined;

  constructor(id: ParaId, kind: ParaKind, ports: CollatingPorts) {
    const { clock, logger, store } = ports;
    const machine = keepingBlocks(planPara(id, kind).machine(), store);
    this.#id = id;
    this.#ports = ports;
    this.#genesisHead = machine.genesisHead;
    this.para = new ParaNode(
      { paraId: id, machine },
      {
        clock,
        logger,
        emit: (event: NodeEventData) => this.#node?.events.emit(event),
        headAt: (block) => this.#restoring ?? (this.#node && paraHead(this.#node, this.#id, block)),
      },
    );
  }

  config(key: CollatorId): CollatorConfig {
    return {
      paraId: this.#id,
      key,
      collate: async (relayParent, validationData) =>
        this.#node === undefined ? undefined : this.para.collate(relayParent, validationData),
    };
  }

  /** Takes up the blocks of an earlier run, and follows the relay chain from here on. */
  follow(node: RelayNode): void {
    this.#node = node;
    const { chain } = node;
    const { store, logger } = this.#ports;
    const finalHead = paraHead(node, this.#id, chain.finalized().hash);
    const restored = restoreBlocks(this.para, this.#genesisHead, finalHead, store, (head) => {
      this.#restoring = head;
      this.para.onRelayFinalized({ hash: ZERO_HASH, number: 0 });
    });
    this.#restoring = undefined;
    if (restored > 0) logger.log("info", "para", `${restored} blocks of an earlier run are back`);
    for (const { hash, number, parent: parentHash } of unfinalized(node)) {
      const state = node.states.view(hash);
      const candidateEvents = state === undefined ? [] : runtimeApi.candidateEvents(state);
      this.para.onRelayBlock({ hash, number, parentHash, candidateEvents, isBest: false });
    }
    this.para.onRelayBest(chain.best());
    this.para.onRelayFinalized(chain.finalized());
    followRelayChain(node, this.para);
  }
}

/** The best chain above finality, lowest first. */
function unfinalized({ chain }: RelayNode) {
  return chain.tree.pathTo(chain.finalized().hash, chain.best().hash) ?? [];
}
