/** A collator beside its relay chain node: which state machine, and its blocks on disk. */
import type { Clock, Logger } from "@parahost/base";
import { type CollatorTurn, ParaNode } from "@parahost/collator";
import type { Network, PeerId } from "@parahost/network";
import type { NodeEventData } from "@parahost/node";
import type { CollatorConfig, RelayNode } from "@parahost/node/service/node";
import { type CollatorId, type HeadData, type ParaId, ZERO_HASH } from "@parahost/primitives";
import {
  type Collator,
  codeByHash,
  followRelayChain,
  paraHead,
  recoverBlock,
  relaySlot,
} from "@parahost/sim/local-network";
import type { ParaPlan } from "@parahost/sim/para-plan";
import type { KeyValueStore } from "@parahost/storage";
import { keepingBlocks, type ParaColumn, takeUpBlocks } from "./para-blocks.ts";

export interface CollatingPorts {
  readonly clock: Clock;
  readonly logger: Logger;
  readonly store: KeyValueStore<ParaColumn>;
  readonly network: Network;
}

export interface Among {
  /** Whose turn this one has; it builds at every opportunity without it. */
  readonly turn: CollatorTurn | undefined;
  /** The other collators of the para. */
  readonly siblings: readonly PeerId[];
}

/** The para's node. It is told of its relay chain node once there is one. */
export class Collating {
  readonly para: ParaNode;
  readonly #ports: CollatingPorts;
  readonly #id: ParaId;
  readonly #plan: ParaPlan;
  readonly #machine: ReturnType<ParaPlan["machine"]>;
  readonly #genesisHead: HeadData;
  #node: RelayNode | undefined;
  /** While blocks are taken from disk: the head to be told instead of the relay chain's. */
  #restoring: HeadData | undefined;

  constructor(plan: ParaPlan, { turn, siblings: peers }: Among, ports: CollatingPorts) {
    const { clock, logger, store, network } = ports;
    const { id } = plan;
    this.#plan = plan;
    this.#machine = plan.machine();
    const machine = keepingBlocks(this.#machine, store);
    this.#id = id;
    this.#ports = ports;
    this.#genesisHead = machine.genesisHead;
    this.para = new ParaNode(
      { paraId: id, machine, turn },
      {
        clock,
        logger,
        emit: (event: NodeEventData) => this.#node?.events.emit(event),
        relayNode: (_, hash) => this.#node?.states.node(hash),
        slotOf: (block) => this.#node && relaySlot(this.#node, block),
        recover: async (candidate) => this.#node && recoverBlock(this.#node, candidate),
        siblings: peers.length === 0 ? undefined : { network, peers },
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

  /** What its clients are answered from, once there is a relay chain node. */
  collator(node: RelayNode): Collator {
    return { node, para: this.para, machine: this.#machine, plan: this.#plan };
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
