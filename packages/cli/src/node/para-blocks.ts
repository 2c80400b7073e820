/**
 * The blocks of a collator's parachain on disk: its state machine knows them for the time of a process only. A block is
 * there before its collation is told to anybody.
 */
import { bytesToHex, hexToBytes } from "@parahost/base";
import type { ParaNode } from "@parahost/collator";
import type { ParaStateMachine } from "@parahost/kit";
import type { RelayNode } from "@parahost/node/service/node";
import { type Hash, HeadData, paraHeadHash } from "@parahost/primitives";
import { runtimeApi } from "@parahost/runtime";
import { bytes, decode, encode, struct, type ValueOf } from "@parahost/scale";
import { paraHead } from "@parahost/sim/local-network";
import type { KeyValueStore } from "@parahost/storage";

export const PARA_COLUMNS = ["paraBlocks"] as const;
export type ParaColumn = (typeof PARA_COLUMNS)[number];

const COLUMN: ParaColumn = "paraBlocks";

const ParaBlockRecord = struct({ parent: HeadData, head: HeadData, blockData: bytes() });
type ParaBlockRecord = ValueOf<typeof ParaBlockRecord>;

/** The machine, with every block that it takes in written down first. */
export function keepingBlocks(
  machine: ParaStateMachine,
  store: KeyValueStore<ParaColumn>,
): ParaStateMachine {
  return {
    name: machine.name,
    genesisHead: machine.genesisHead,
    transactionHash: (transaction) => machine.transactionHash(transaction),
    checkTransaction: (transaction) => machine.checkTransaction(transaction),
    buildBlock: (...request) => machine.buildBlock(...request),
    importBlock: (parent, blockData, code) => {
      const imported = machine.importBlock(parent, blockData, code);
      if (imported.ok) {
        const { head } = imported.value;
        const key = hexToBytes(paraHeadHash(head));
        if (!store.has(COLUMN, key)) {
          const value = encode(ParaBlockRecord, { parent, head, blockData });
          store.write([{ column: COLUMN, key, value }], { durable: true });
        }
      }
      return imported;
    },
    has: (head) => machine.has(head),
    forget: (head) => machine.forget(head),
    account: (head, id) => machine.account(head, id),
    summary: (head) => machine.summary(head),
  };
}

/**
 * Gives a para's new node the blocks of its earlier run, and what its relay chain node knows. `setFinal` says of a
 * head that it is final. Returns how many blocks there were.
 */
export function takeUpBlocks(
  { node, para }: { readonly node: RelayNode; readonly para: ParaNode },
  genesisHead: HeadData,
  store: KeyValueStore<ParaColumn>,
  setFinal: (head: HeadData) => void,
): number {
  const { chain } = node;
  const finalHead = paraHead(node, para.paraId, chain.finalized().hash);
  const restored = restoreBlocks(para, genesisHead, finalHead, store, setFinal);
  const unfinalized = chain.tree.pathTo(chain.finalized().hash, chain.best().hash) ?? [];
  for (const { hash, number, parent: parentHash } of unfinalized) {
    const state = node.states.view(hash);
    const candidateEvents = state === undefined ? [] : runtimeApi.candidateEvents(state);
    para.onRelayBlock({ hash, number, parentHash, candidateEvents, isBest: false });
  }
  para.onRelayBest(chain.best());
  para.onRelayFinalized(chain.finalized());
  return restored;
}

/**
 * Gives a new node the blocks of its earlier run: those below the final head first, each of them final, then
 * what was built on it. `onFinal` is called for each that is final. Returns how many there were.
 */
function restoreBlocks(
  para: ParaNode,
  genesisHead: HeadData,
  finalHead: HeadData | undefined,
  store: KeyValueStore<ParaColumn>,
  onFinal: (head: HeadData) => void,
): number {
  const all = new Map<Hash, ParaBlockRecord>();
  for (const { key, value } of store.range(COLUMN, new Uint8Array(0)))
    all.set(bytesToHex(key) as Hash, decode(ParaBlockRecord, value));
  const genesis = paraHeadHash(genesisHead);
  const final: ParaBlockRecord[] = [];
  let at = finalHead === undefined ? genesis : paraHeadHash(finalHead);
  for (let block = all.get(at); at !== genesis && block !== undefined; block = all.get(at)) {
    final.push(block);
    at = paraHeadHash(block.parent);
  }
  // A chain with a gap cannot be executed from its beginning.
  if (at !== genesis) return 0;
  let restored = 0;
  for (const { parent, head, blockData } of final.reverse()) {
    if (!para.importBlock(parent, blockData).ok) return restored;
    onFinal(head);
    restored += 1;
  }
  let waiting = [...all.values()].filter((block) => !final.includes(block));
  for (let before = -1; waiting.length !== before; ) {
    before = waiting.length;
    waiting = waiting.filter(({ parent, blockData }) => {
      const imported = para.importBlock(parent, blockData);
      if (imported.ok) restored += 1;
      return !imported.ok && imported.error.code === "unknownHead";
    });
  }
  return restored;
}
