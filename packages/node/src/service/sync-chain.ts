/** The chain as block sync sees it: a verdict for whoever sent a block. */
import { describe, HostError, type Logger } from "@parahost/base";
import type {
  BlockImporter,
  Chain,
  ImportError,
  ImportQueue,
  JustificationImportError,
} from "@parahost/consensus";
import type { GapChain, ImportVerdict, SyncChain } from "@parahost/network";
import { GRANDPA_ENGINE_ID, headerHash, justificationBy } from "@parahost/primitives";

const TARGET = "import";

/** Blocks this far behind the highest one that a peer claims are old: our clock says nothing about them. */
const SYNC_DISTANCE = 5;

const VERDICTS: Partial<Record<ImportError["code"], ImportVerdict>> = {
  known: "imported",
  unknownParent: "unknownParent",
  belowFinalized: "ignored",
  slotInFuture: "ignored",
};

/** Justifications that we cannot use now, though they may be good. */
const NOBODYS_FAULT: ReadonlySet<JustificationImportError["code"]> = new Set([
  "alreadyFinalized",
  "unknownBlock",
  "beyondAuthorityChange",
]);

/** Sync is an edge: what the machine cannot do ends here, and the node with it. */
function unlessMachineFails<T>(onHostError: (error: HostError) => void, act: () => T) {
  try {
    return act();
  } catch (error) {
    if (!(error instanceof HostError)) throw error;
    onHostError(error);
    return undefined;
  }
}

/** The chain as it is seen by who fetches the history that a warp sync left out. */
export function gapChain<Changes>(
  importer: BlockImporter<Changes>,
  onHostError: (error: HostError) => void,
): GapChain {
  return {
    gap: () => importer.chain.gap(),
    fill: (blocks) => unlessMachineFails(onHostError, () => importer.fillGap(blocks))?.ok !== false,
  };
}

export function syncChain<Changes>(
  chain: Chain<Changes>,
  importer: BlockImporter<Changes>,
  queue: ImportQueue<Changes>,
  logger: Logger,
  bestSeenNumber: () => number,
  onHostError: (error: HostError) => void,
): SyncChain {
  return {
    genesisHash: chain.genesisHash,
    best: () => chain.best(),
    finalized: () => chain.finalized(),
    header: (hash) => chain.header(hash),
    body: (hash) => chain.body(hash),
    hashByNumber: (number) => chain.hashByNumber(number),
    justifications: (hash) => {
      const data = chain.justification(hash);
      return data === undefined ? undefined : [{ engine: GRANDPA_ENGINE_ID, data }];
    },
    import: (header, body, justifications) => {
      const isOld = bestSeenNumber() - header.number > SYNC_DISTANCE;
      const block = { header, body, ...(justifications === undefined ? {} : { justifications }) };
      const imported = unlessMachineFails(onHostError, () =>
        queue.submit(block, isOld ? "sync" : "network"),
      );
      if (imported === undefined) return "ignored";
      if (imported.ok) return "imported";
      const verdict = VERDICTS[imported.error.code] ?? "invalid";
      if (verdict === "invalid")
        logger.log("warn", TARGET, `block refused: ${describe(imported.error)}`, {
          number: header.number,
          hash: headerHash(header),
        });
      return verdict;
    },
    importJustifications: (hash, justifications) => {
      const proof = justificationBy(justifications, GRANDPA_ENGINE_ID);
      if (proof === undefined) return true;
      const imported = unlessMachineFails(onHostError, () =>
        importer.importJustification(hash, proof),
      );
      if (imported === undefined || imported.ok) return true;
      const { code } = imported.error;
      // Late, about a block that we have left behind, or of a set that we do not know yet.
      return NOBODYS_FAULT.has(code);
    },
  };
}
