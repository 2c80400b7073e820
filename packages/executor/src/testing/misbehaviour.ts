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
  openFile: 12,
  timeTooSmall: 13,
} as const;
