/** Faults of the network for a while. Fault catalogue, section 6: N01 to N08. */
import { err, randomBelow, randomUnit, type SeededRandom } from "@parahost/base";
import type { Network, PeerId } from "@parahost/network";
import type { SeededLinks } from "../links.ts";
import type { Simulation } from "../simulation.ts";
import { tapped } from "../strategies/tapped-network.ts";

interface Span {
  /** Slots since the start. */
  readonly fromSlot: number;
  readonly toSlot: number;
}

export type NetworkFault = Span &
  (
    | {
        /** N01: all that they send and hear takes longer. */
        readonly type: "slow";
        readonly validators: readonly number[];
        readonly extraMs: number;
      }
    /** N02: messages are lost. */
    | { readonly type: "loss"; readonly share: number }
    /** N03: requests fail, one way or another. */
    | { readonly type: "requests"; readonly share: number }
    /** N04. */
    | { readonly type: "reorder"; readonly share: number }
    | { readonly type: "duplicate"; readonly share: number }
    /** N05: they are among themselves. */
    | { readonly type: "partition"; readonly validators: readonly number[] }
    /** N06: the others do not hear them. */
    | { readonly type: "oneWay"; readonly validators: readonly number[] }
    /** N07: what is sent to them waits, and arrives at once. */
    | { readonly type: "clog"; readonly validators: readonly number[] }
    /** N08: their links go up and down. */
    | { readonly type: "flap"; readonly validators: readonly number[]; readonly periodMs: number }
  );

export const NETWORK_FAULTS: readonly NetworkFault["type"][] = [
  "slow",
  "loss",
  "requests",
  "reorder",
  "duplicate",
  "partition",
  "oneWay",
  "clog",
  "flap",
];

/** Starts and ends each fault in its time. */
export function scheduleFaults(simulation: Simulation, faults: readonly NetworkFault[]): void {
  const { clock, slotMs } = simulation;
  for (const fault of faults) {
    clock.setTimer(fault.fromSlot * slotMs, () => begin(simulation, fault));
    // A fault's end mends everything, also what another one broke: they are faults, not promises.
    clock.setTimer(fault.toSlot * slotMs, () => simulation.heal());
  }
}

function begin(simulation: Simulation, fault: NetworkFault): void {
  const { links, slotMs, clock } = simulation;
  const until = clock.now() + (fault.toSlot - fault.fromSlot) * slotMs;
  switch (fault.type) {
    case "slow":
      links.slowDown(peersOf(simulation, fault.validators), fault.extraMs);
      break;
    case "loss":
      links.change({ loss: fault.share });
      break;
    case "requests":
      links.change({ failingRequests: fault.share });
      break;
    case "reorder":
      links.change({ reorder: fault.share });
      break;
    case "duplicate":
      links.change({ duplicate: fault.share });
      break;
    case "partition":
      links.partition([peersOf(simulation, fault.validators)]);
      break;
    case "oneWay": {
      const silent = new Set(peersOf(simulation, fault.validators));
      const others = simulation.validatorNames
        .map((_, index) => simulation.peerOf(index))
        .filter((peer) => !silent.has(peer));
      links.silenceOneWay([...silent], others);
      break;
    }
    case "clog":
      links.clog(peersOf(simulation, fault.validators), until);
      break;
    case "flap":
      flap(simulation, peersOf(simulation, fault.validators), fault.periodMs, until);
      break;
  }
}

const peersOf = (simulation: Simulation, validators: readonly number[]): PeerId[] =>
  validators.map((index) => simulation.peerOf(index));

function flap(
  { clock, links }: Simulation,
  peers: readonly PeerId[],
  periodMs: number,
  untilMs: number,
): void {
  const turn = (isDown: boolean): void => {
    if (clock.now() >= untilMs) return;
    if (isDown) links.cutOff(peers);
    else links.reconnect(peers);
    clock.setTimer(periodMs, () => turn(!isDown));
  };
  turn(true);
}

/** A node's network port as the links leave it: what they double, and requests that fail. */
export const disturbed = (own: Network, links: SeededLinks, random: SeededRandom): Network =>
  tapped(own, {
    sends: (_protocol, peer, bytes, channel) => {
      if (links.duplicates()) channel.send(peer, bytes);
      return bytes;
    },
    asks: async (_protocol, _peer, _payload, ask) => {
      const share = links.failingRequests;
      if (share === 0 || randomUnit(random) >= share) return ask();
      links.disturbed += 1;
      const how = randomBelow(random, 3);
      if (how === 0) return err({ code: "refused" });
      const answer = await ask();
      if (how === 1 || !answer.ok) return err({ code: "timeout" });
      return { ok: true, value: answer.value.subarray(0, answer.value.length / 2) };
    },
  });
