/**
 * Dispute distribution gets our votes to every validator of the disputed session and every authority of
 * now, takes theirs, and fills the gaps that either leaves. Guide: Dispute Distribution.
 *
 * The loop waits for nobody: the coordinator, which sends to us, is asked by jobs.
 */
import type { Clock, Logger, Random } from "@parahost/base";
import type { Keystore, SignatureVerifier } from "@parahost/crypto";
import type { Hash } from "@parahost/primitives";
import type { AuthorityDiscovery } from "../network-bridge/authority-discovery.ts";
import type { Context } from "../overseer/context.ts";
import { unlessCancelled } from "../overseer/reply.ts";
import { LeafSessions } from "./leaf-sessions.ts";
import { DisputeReceiver } from "./receiver.ts";
import { DisputeSender } from "./sender.ts";
import { VoteSync } from "./vote-sync.ts";

export type DisputeDistributionSends = "dispute-coordinator" | "network-bridge-tx" | "runtime-api";
export type DisputeDistributionContext = Context<"dispute-distribution", DisputeDistributionSends>;

export interface DisputeDistributionDependencies {
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
  readonly keystore: Keystore;
  readonly verifier: SignatureVerifier;
  readonly discovery: AuthorityDiscovery;
}

/** Distributes until concluded. */
export async function run(
  context: DisputeDistributionContext,
  deps: DisputeDistributionDependencies,
): Promise<void> {
  const sessions = new LeafSessions(context);
  const sender = new DisputeSender(context, deps, sessions);
  const receiver = new DisputeReceiver(context, deps, sessions);
  const sync = new VoteSync(context, deps, sessions);

  /** Another round for what is not confirmed, and for whom the leaf makes an authority. */
  async function onLeaf(leaf: Hash): Promise<void> {
    if (!(await sessions.activate(leaf))) return;
    const { started } = sender;
    const active = await unlessCancelled(
      context.ask("dispute-coordinator", { type: "activeDisputes" }),
    );
    if (active === undefined) return;
    const names = new Set(
      active.map(({ session, candidateHash }) => `${session} ${candidateHash}`),
    );
    sender.refresh(started, (session, candidate) => names.has(`${session} ${candidate}`));
    await sync.ask(active, (disputed) => sender.recipients(disputed));
  }

  for await (const incoming of context.inbox) {
    if (incoming.from === "overseer") {
      const { signal } = incoming;
      if (signal.type === "conclude") return;
      if (signal.type !== "activeLeaves") continue;
      for (const leaf of signal.deactivated) sessions.deactivate(leaf);
      const leaf = signal.activated;
      if (leaf !== undefined) context.spawn("leaf", () => onLeaf(leaf.hash));
      continue;
    }
    const { message } = incoming;
    if (message.type === "sendDispute") sender.start(message.message);
    else if (message.type === "disputeRequest") receiver.receive(message);
    else sync.answer(message);
  }
}
