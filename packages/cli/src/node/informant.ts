/** The lines that operators of Polkadot nodes look for: imports, finality, and every few seconds how it goes. */
import type { Clock, Logger, Timer } from "@parahost/base";
import type { RelayNode } from "@parahost/node/service/node";

const IDLE_EVERY_MS = 5000;

const short = (hash: string): string => `${hash.slice(0, 6)}…${hash.slice(-4)}`;

/** Begins to tell; the answer ends it. */
export function startInformant(node: RelayNode, logger: Logger, clock: Clock): () => void {
  const { chain } = node;
  const say = (target: string, message: string): void => logger.log("info", target, message);
  let before = { number: chain.best().number, at: clock.now() };
  const ends = chain.subscribe((event) => {
    if (event.type === "reorg") {
      const [from] = event.retracted;
      const to = event.enacted.at(-1);
      if (from !== undefined && to !== undefined)
        say(
          "informant",
          `♻️  Reorg on #${from.number},${short(from.hash)} to #${to.number},${short(to.hash)}, common ancestor #${event.common.number},${short(event.common.hash)}`,
        );
    }
    if (event.type !== "imported" || event.origin === "sync") return;
    const { block, isBest } = event;
    if (event.origin === "own")
      say("babe", `🔖 Sealed block for slot ${event.preDigest.value.slot}: #${block.number}`);
    say("informant", `${isBest ? "🏆" : "🆕"} Imported #${block.number} (${short(block.hash)})`);
  });
  const status = (): void => {
    const [best, finalized, peers] = [chain.best(), chain.finalized(), node.peers().length];
    const now = clock.now();
    const speed = ((best.number - before.number) * 1000) / Math.max(1, now - before.at);
    const state = node.isSyncing
      ? `⚙️  Syncing ${speed.toFixed(1)} bps, target=#${node.highestSeen()}`
      : "💤 Idle";
    before = { number: best.number, at: now };
    say(
      "informant",
      `${state} (${peers} peers), best: #${best.number} (${short(best.hash)}), finalized #${finalized.number} (${short(finalized.hash)})`,
    );
  };
  let timer: Timer;
  const again = (): void => {
    timer = clock.setTimer(IDLE_EVERY_MS, () => {
      status();
      again();
    });
  };
  again();
  return () => {
    ends();
    timer.cancel();
  };
}
