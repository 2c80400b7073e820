/** Validators that are not there: silent, or gone and back again. */
import { err } from "@parahost/base";
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

/** Slots that it stays away. */
const DOWN_SLOTS = 2;

export const CRASHES: Strategy = {
  id: "B02",
  does: "crashes and returns, every few blocks",
  keepsPromises: true,
  corrupt: () => ({}),
  start: (villain) => {
    const { simulation, clock, role } = villain;
    const everySlots = Math.max(DOWN_SLOTS + 1, Math.round(3 / role.share));
    const again = (): void =>
      void clock.setTimer(everySlots * simulation.slotMs, () => {
        if (!villain.isActive) return;
        villain.tookEffect();
        void simulation.restart(role.validator, DOWN_SLOTS * simulation.slotMs).then(again);
      });
    again();
  },
};
