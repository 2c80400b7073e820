/** Validators that are not there: silent, or gone and back again. */
import { err, randomBelow } from "@parahost/base";
import type { NodeColumn } from "@parahost/node/service/node";
import { forget, forgetful, type Undo } from "./forgetful-store.ts";
import type { Strategy } from "./strategy.ts";
import { tapped } from "./tapped-network.ts";
import type { Villain } from "./villain.ts";

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

/** Slots that it stays away. */
const DOWN_SLOTS = 2;
/** What each has written and would lose with its power; it outlives the node. */
const UNDO = new WeakMap<Villain, Undo<NodeColumn>>();

export const CRASHES: Strategy = {
  id: "B02",
  does: "loses power and returns, every few blocks",
  keepsPromises: true,
  corrupt: (villain) => ({
    ports: (own) => {
      const undo = UNDO.get(villain) ?? [];
      UNDO.set(villain, undo);
      // It starts, so it was down.
      forget(own.store, undo);
      return { ...own, store: forgetful(own.store, undo) };
    },
  }),
  start: (villain) => {
    const { simulation, clock, role } = villain;
    const everySlots = Math.max(DOWN_SLOTS + 1, Math.round(3 / role.share));
    // At any moment of a slot: what is written when depends on it.
    const again = (): void => {
      const momentMs = randomBelow(villain.random, simulation.slotMs);
      clock.setTimer(everySlots * simulation.slotMs + momentMs, () => {
        if (!villain.isActive) return;
        villain.tookEffect();
        void simulation.restart(role.validator, DOWN_SLOTS * simulation.slotMs).then(again);
      });
    };
    again();
  },
};

export const TWINS: Strategy = {
  id: "B31",
  does: "runs twice with one key",
  hasTwin: true,
  corrupt: () => ({}),
  start: (villain) => villain.tookEffect(),
};
