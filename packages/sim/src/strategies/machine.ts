/** Honest nodes on bad machines: what fails there is no reason to accuse anybody. */
import { randomBelow, sleep } from "@parahost/base";
import type { Strategy } from "./strategy.ts";

/** A slow machine takes up to so long for an execution. */
const SLOWEST_MS = 14_000;

export const SLOW_MACHINE: Strategy = {
  id: "T05",
  does: "is honest on a machine that takes seconds for what takes others milliseconds",
  keepsPromises: true,
  corrupt: (villain) => ({
    ports: (own) => ({
      ...own,
      executor: {
        prepare: (request) => own.executor.prepare(request),
        close: () => own.executor.close(),
        validate: async (request) => {
          if (villain.feelsLikeIt()) {
            villain.tookEffect();
            await sleep(villain.clock, randomBelow(villain.random, SLOWEST_MS), request.signal);
          }
          return own.executor.validate(request);
        },
      },
    }),
  }),
};

export const BROKEN_WORKERS: Strategy = {
  id: "K18",
  does: "is honest with execution workers that come to harm",
  keepsPromises: true,
  corrupt: (villain) => ({
    ports: (own) => ({
      ...own,
      executor: {
        prepare: (request) => own.executor.prepare(request),
        close: () => own.executor.close(),
        validate: (request) => {
          if (!villain.feelsLikeIt()) return own.executor.validate(request);
          villain.tookEffect();
          return Promise.resolve({
            type: "internal",
            reason: { code: "workerKilled", signal: "SIGKILL" },
          } as const);
        },
      },
    }),
  }),
};
