/**
 * How a new node begins near the head of a long chain: it follows the authority sets by proofs of finality to the last final
 * block, fetches that block and the state after it, and writes both as the beginning of its chain. What lies between
 * genesis and there is fetched later (`GapFill` of the network room).
 *
 * Nothing is written before all of it is proven and here, and then in one batch: who is interrupted begins anew. A peer
 * whose answer proves nothing pays, and the next is asked for the same. Reference: consensus 7.7, 7.9, 8.
 */
import {
  type Clock,
  describe,
  type Hex,
  type Logger,
  type Random,
  shuffle,
  sleep,
} from "@parahost/base";
import {
  type BlockRef,
  beginAtWarp,
  extrinsicsRoot,
  slotAt,
  type WarpPosition,
  WarpSync,
} from "@parahost/consensus";
import type { SignatureVerifier } from "@parahost/crypto";
import {
  BlockAttribute,
  BlockQuestions,
  type ChainIdentity,
  type Network,
  type PeerId,
  Reputation,
  stateProtocol,
  syncProtocol,
  WarpRequest,
  WarpResponse,
  warpProtocol,
} from "@parahost/network";
import { type Body, type Header, headerHash } from "@parahost/primitives";
import { type Genesis, runtimeApi } from "@parahost/runtime";
import { encode, tryDecode } from "@parahost/scale";
import type { KeyValueStore } from "@parahost/storage";
import { type ChildId, DEFAULT_CHILD_PREFIX, type Overlay } from "@parahost/trie";
import { BlockDatabase, readChain } from "../service/block-database.ts";
import { ChainStates } from "../service/chain-states.ts";
import { type ChainColumn, genesisState } from "../service/relay-chain.ts";
import { silenceUntilNextSession } from "../service/signing-guard.ts";
import { type StateColumn, StateDatabase } from "../service/state-database.ts";
import { storeJournal } from "../service/store-journal.ts";
import { StateDownload } from "../state-requests/state-download.ts";
import type { WalkedEntry } from "../state-requests/state-walk.ts";

const TARGET = "sync";
/** So many peers, or all there are, are asked for something newer: one that lies does not hold us back. */
const CONFIRMATIONS = 3;
/** After a round of peers without an answer that helped. */
const RETRY_MS = 1000;
/** Answers about a state that did not help, for each peer, before a newer block is looked for. */
const STATE_FAILURES_MAX = 3;

export interface WarpStartPorts {
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
  readonly network: Network;
  readonly store: KeyValueStore<ChainColumn | "journal">;
  readonly verifier: SignatureVerifier;
}

export interface WarpStartOptions {
  readonly genesis: Genesis;
  readonly slotMs: number;
  /** Who is asked. */
  readonly peers: readonly PeerId[];
}

export type WarpOutcome =
  /** The chain begins with this block now. */
  | { readonly type: "begun"; readonly block: BlockRef; readonly entries: number }
  /** The store has a chain already: it goes on from there. */
  | { readonly type: "hasChain" }
  /** Peers have nothing final but genesis. */
  | { readonly type: "isYoung" }
  | { readonly type: "noPeers" }
  | { readonly type: "aborted" };

/** Tries until it has begun; `signal` ends it. Throws `HostError` where the store does not take what was fetched. */
export async function startByWarp(
  options: WarpStartOptions,
  ports: WarpStartPorts,
  signal: AbortSignal,
): Promise<WarpOutcome> {
  if (readChain(ports.store, "finalized") !== undefined) return { type: "hasChain" };
  if (options.peers.length === 0) return { type: "noPeers" };
  return new WarpStart(options, ports, signal).run();
}

interface DownloadedState {
  readonly main: Map<Hex, Uint8Array>;
  readonly children: Map<ChildId, Map<Hex, Uint8Array>>;
  entries: number;
}

type ProvenPosition = WarpPosition & { readonly header: Header };

class WarpStart {
  readonly #options: WarpStartOptions;
  readonly #ports: WarpStartPorts;
  readonly #signal: AbortSignal;
  readonly #identity: ChainIdentity;
  readonly #questions: BlockQuestions;
  readonly #sets: WarpSync;

  constructor(options: WarpStartOptions, ports: WarpStartPorts, signal: AbortSignal) {
    this.#options = options;
    this.#ports = ports;
    this.#signal = signal;
    const { network, verifier } = ports;
    const { genesis } = options;
    const hash = headerHash(genesis.header);
    this.#identity = { genesisHash: hash };
    const protocols = [warpProtocol, stateProtocol, syncProtocol];
    for (const protocol of protocols) network.registerRequests(protocol(this.#identity));
    this.#questions = new BlockQuestions(network, this.#identity);
    const authorities = runtimeApi.grandpaAuthorities(genesisState(genesis));
    this.#sets = new WarpSync({ hash, number: 0, setId: 0, authorities }, verifier);
  }

  async run(): Promise<WarpOutcome> {
    for (;;) {
      const position = await this.#followSets();
      if (position === "aborted") return { type: "aborted" };
      if (position === "isYoung") return { type: "isYoung" };
      const { hash, number } = position;
      this.#log("info", `warp sync: #${number} is final in set ${position.setId}`, { hash });
      const body = await this.#fetchBody(position);
      const state = body === undefined ? undefined : await this.#fetchState(position);
      if (body !== undefined && state !== undefined && this.#begin(position, body, state))
        return { type: "begun", block: { hash, number }, entries: state.entries };
      if (this.#signal.aborted) return { type: "aborted" };
      this.#log("warn", "warp sync: nobody gave the block with its state, trying again", {
        number,
      });
      await sleep(this.#ports.clock, RETRY_MS, this.#signal);
    }
  }

  /** Peers in an order by lot. */
  #peers(): readonly PeerId[] {
    const { peers } = this.#options;
    const { network, random } = this.#ports;
    return shuffle(
      random,
      peers.filter((peer) => !network.isBanned(peer)),
    );
  }

  // Finality

  /** To the newest block that any of a few peers can prove to be final. */
  async #followSets(): Promise<ProvenPosition | "isYoung" | "aborted"> {
    while (!this.#signal.aborted) {
      let confirmed = 0;
      for (const peer of this.#peers()) {
        if (confirmed === CONFIRMATIONS || this.#signal.aborted) break;
        if (await this.#followSetsOf(peer)) confirmed += 1;
      }
      const { position } = this.#sets;
      const { header } = position;
      if (confirmed > 0) return header === undefined ? "isYoung" : { ...position, header };
      await sleep(this.#ports.clock, RETRY_MS, this.#signal);
    }
    return "aborted";
  }

  /** Whether the peer has shown all that it has finalized. */
  async #followSetsOf(peer: PeerId): Promise<boolean> {
    const { network } = this.#ports;
    while (!this.#signal.aborted) {
      const answer = await network.request(
        ...[peer, warpProtocol(this.#identity).name],
        encode(WarpRequest, this.#sets.position.hash),
        "tryConnect",
      );
      // Refused by who has not come as far as we: it has nothing newer to show.
      if (!answer.ok) return answer.error.code === "refused" && this.#sets.position.number > 0;
      const proof = tryDecode(WarpResponse, answer.value);
      const taken = proof.ok ? this.#sets.take(proof.value) : proof;
      if (!taken.ok) {
        this.#blame(peer, `warp proof: ${describe(taken.error)}`);
        return false;
      }
      if (this.#sets.isFinished) return true;
    }
    return false;
  }

  // The block and its state

  async #fetchBody({ hash, header }: ProvenPosition): Promise<Body | undefined> {
    for (const peer of this.#peers()) {
      const [block] =
        (await this.#questions.ask(
          peer,
          {
            fields: BlockAttribute.header | BlockAttribute.body,
            from: { type: "hash", hash },
            direction: "descending",
            countMax: 1,
            takesManyJustifications: true,
          },
          "tryConnect",
        )) ?? [];
      if (this.#signal.aborted) return undefined;
      if (block?.body === undefined) continue;
      if (extrinsicsRoot(block.body) === header.extrinsicsRoot) return block.body;
      this.#blame(peer, "body of another block");
    }
    return undefined;
  }

  async #fetchState({ hash, header }: ProvenPosition): Promise<DownloadedState | undefined> {
    const { network } = this.#ports;
    const download = new StateDownload(hash, header.stateRoot as Hex);
    const state: DownloadedState = { main: new Map(), children: new Map(), entries: 0 };
    let failures = 0;
    const failuresMax = STATE_FAILURES_MAX * this.#options.peers.length;
    while (!this.#signal.aborted && failures < failuresMax) {
      for (const peer of this.#peers()) {
        while (!download.isComplete && !this.#signal.aborted) {
          const answer = await network.request(
            ...[peer, stateProtocol(this.#identity).name],
            download.request(),
            "tryConnect",
          );
          const part = answer.ok ? download.take(answer.value) : undefined;
          if (part === undefined || !part.ok) {
            failures += 1;
            if (part !== undefined) this.#blame(peer, `state: ${describe(part.error)}`);
            break;
          }
          addEntries(state, part.value.entries);
        }
        if (download.isComplete) return state;
      }
      if (this.#peers().length === 0) break;
    }
    return undefined;
  }

  // The beginning

  /** False when what was downloaded is not the state of the block after all. */
  #begin(position: ProvenPosition, body: Body, { main, children }: DownloadedState): boolean {
    const { store, verifier, clock } = this.#ports;
    const { genesis, slotMs } = this.#options;
    const { hash, header } = position;
    const nodes = new StateDatabase(store);
    const states = new ChainStates(verifier, nodes);
    const root = states.insertWhole(hash, main, children);
    const state = states.toExecuteOn(hash);
    if (root !== header.stateRoot || state === undefined) {
      this.#log("error", "warp sync: the parts of the state do not make the whole", { root });
      return false;
    }
    const current = runtimeApi.currentBabeEpoch(state);
    const next = runtimeApi.nextBabeEpoch(state);
    // Keys of ours may have signed what only the history would show.
    silenceUntilNextSession(storeJournal(store), slotAt(clock.now(), slotMs));
    const blocks = new BlockDatabase<Overlay, StateColumn>(store, {
      apply: () => nodes.takeChanges(),
    });
    // Blocks of the present epoch name their record by a block of it; this one stands for the unknown first.
    const epochs = { announcedBy: hash, epochs: { current, next } };
    beginAtWarp(genesis.header, { position, body, epochs, changes: state }, blocks);
    return true;
  }

  #blame(peer: PeerId, reason: string): void {
    this.#ports.network.report(peer, Reputation.costMajor, reason);
    this.#log("warn", `warp sync: ${reason}`, { peer });
  }

  #log(
    level: "info" | "warn" | "error",
    message: string,
    fields: Readonly<Record<string, unknown>>,
  ) {
    this.#ports.logger.log(level, TARGET, message, fields);
  }
}

/** The roots of child tries follow from what is in them. */
function addEntries(state: DownloadedState, entries: readonly WalkedEntry[]): void {
  for (const { key, child, value } of entries) {
    state.entries += 1;
    if (child !== undefined) {
      const trie = state.children.get(child) ?? new Map<Hex, Uint8Array>();
      state.children.set(child, trie.set(key, value));
    } else if (!key.startsWith(DEFAULT_CHILD_PREFIX)) state.main.set(key, value);
  }
}
