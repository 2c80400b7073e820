/** A collator beside its relay chain node: which state machine, and its blocks on disk. */
import type { Clock, Logger } from "@parahost/base";
import { ParaNode } from "@parahost/collator";
import type { NodeEventData } from "@parahost/node";
import type { CollatorConfig, RelayNode } from "@parahost/node/service/node";
import { type CollatorId, type HeadData, type ParaId, ZERO_HASH } from "@parahost/primitives";
import { codeByHash, followRelayChain, paraHead } from "@parahost/sim/local-network";
import { type ParaKind, planPara } from "@parahost/sim/para-plan";
import type { KeyValueStore } from "@parahost/storage";
import { keepingBlocks, type ParaColumn, takeUpBlocks } from "./para-blocks.ts";

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
        relayNode: (_, hash) => this.#node?.states.node(hash),
        codeByHash: (block, hash) => this.#node && codeByHash(this.#node, block, hash),
        headAt: (block) => this.#restoring ?? (this.#node && paraHead(this.#node, this.#id, block)),
      },
    );
  }

  config(key: CollatorId): CollatorConfig {
    return {
      paraId: this.#id,
      key,
      collate: async (...request) =>
        this.#node === undefined ? undefined : this.para.collate(...request),
    };
  }

  /** Takes up the blocks of an earlier run, and follows the relay chain from here on. */
  follow(node: RelayNode): void {
    this.#node = node;
    const { store, logger } = this.#ports;
    const collator = { node, para: this.para };
    const restored = takeUpBlocks(collator, this.#genesisHead, store, (head) => {
      this.#restoring = head;
      this.para.onRelayFinalized({ hash: ZERO_HASH, number: 0 });
      this.#restoring = undefined;
    });
    if (restored > 0) logger.log("info", "para", `${restored} blocks of an earlier run are back`);
    followRelayChain(node, this.para);
  }
}
