/** Validators that are not there: silent, or gone and back again. */
import { err, randomBelow } from "@parahost/base";
import { NODE_COLUMNS, type NodeColumn } from "@parahost/node/service/node";
import { CrashingStore } from "@parahost/storage/testing/crashing-store";
import { CrashPlan } from "../crashes/crash-plan.ts";
import type { Strategy } from "./strategy.ts";
import { tapped } from "./tapped-network.ts";

export const SILENT: Strategy = {
  id: "B01",
  does: "takes part in nothing",
  keepsPromises: true,
  corrupt: (villain) => ({
    ports: (own) => ({
      ...own,
      network: tapped(own.network, {
        sends: (_protocol, _peer, bytes) => {
          if (!villain.feelsLikeIt()) return bytes;
          villain.tookEffect();
          return undefined;
        },
        asks: (_protocol, _peer, _payload, ask) =>
          villain.feelsLikeIt() ? Promise.resolve(err({ code: "notConnected" })) : ask(),
        answers: (_protocol, request, answer) => {
          if (villain.feelsLikeIt()) request.refuse();
          else answer(request);
        },
      }),
    }),
  }),
};

/** It stays away for up to so many slots; as often it is back at once. */
const DOWN_SLOTS = 2;
const AT_ONCE_MS = 500;
/** Slots between two losses of power when it misbehaves always, on average. */
const UP_SLOTS = 1;

export const CRASHES: Strategy = {
  id: "B02",
  does: "loses power while it writes and returns, every few blocks",
  keepsPromises: true,
  corrupt: () => ({}),
  disk: (villain) => {
    const { clock, random, role, slotMs } = villain;
    const plan = new CrashPlan(random);
    const upMs = (): number =>
      randomBelow(random, Math.round((2 * UP_SLOTS * slotMs) / role.share));
    let dueAt = clock.now() + slotMs + upMs();
    const restart = async (): Promise<void> => {
      const isSoon = randomBelow(random, 2) === 0;
      const downMs = 1 + randomBelow(random, isSoon ? AT_ONCE_MS : DOWN_SLOTS * slotMs);
      await villain.simulation.restart(role.validator, downMs);
      dueAt = clock.now() + upMs();
    };
    return new CrashingStore<NodeColumn>(NODE_COLUMNS, {
      random,
      crashAt: ({ name, after }) => {
        if (!villain.isActive || clock.now() < dueAt) return undefined;
        // What is lost depends on what was written before.
        const crash = plan.next(`${name} after ${after}`);
        if (crash === undefined) return undefined;
        villain.tookEffect();
        dueAt = Number.POSITIVE_INFINITY;
        clock.setTimer(0, () => void restart());
        return crash;
      },
    });
  },
};

export const TWINS: Strategy = {
  id: "B31",
  does: "runs twice with one key",
  hasTwin: true,
  corrupt: () => ({}),
  start: (villain) => villain.tookEffect(),
};
