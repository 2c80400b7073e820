/** What `misbehaving-worker.ts` can be told to do, by the relay parent number of a job. */
export const MISBEHAVIOUR = {
  none: 0,
  halfAnAnswer: 1,
  anotherJob: 2,
  twoAnswers: 3,
  hugeFrame: 4,
  garbage: 5,
  unknownReply: 6,
  unknownFault: 7,
  segmentationFault: 8,
  noMemory: 9,
  exception: 10,
  tellEnvironment: 11,
  breakOut: 12,
  timeTooSmall: 13,
  takeMemory: 14,
  takeMemoryAndAnswer: 15,
} as const;

/** What `breakOut` tries; each comes back with the error's code, or `done`. */
export const BREAK_OUTS = ["read", "write", "spawn", "connect"] as const;
export type BrokenOut = Readonly<Record<(typeof BREAK_OUTS)[number], string>>;

/** Bytes that `takeMemory` takes. */
export const TAKEN_BYTES: number = 200 * 2 ** 20;
