import assert from "node:assert/strict";
import { test } from "node:test";
import { BufferBudget } from "./buffer-budget.ts";
import { encodeFrames, FrameReader } from "./frames.ts";

const bytes = (length: number, value = 7): Uint8Array => new Uint8Array(length).fill(value);

const unwanted = (): void => assert.fail("no frame is complete");

/** Reads `stream` in pieces of `step` bytes. */
function read(stream: Uint8Array, step: number, bytesMax = 1000) {
  const budget = new BufferBudget(100_000);
  const reader = new FrameReader(bytesMax, budget);
  const frames: Uint8Array[] = [];
  for (let at = 0; at < stream.length; at += step) {
    const pushed = reader.push(stream.subarray(at, at + step), (frame) => frames.push(frame));
    if (!pushed.ok) return { frames, error: pushed.error, budget, reader };
  }
  return { frames, error: undefined, budget, reader };
}

test("frames come out as they went in, however the bytes were cut", () => {
  const messages = [bytes(0), bytes(1), bytes(127), bytes(128), bytes(0), bytes(300), bytes(1000)];
  const stream = encodeFrames(messages);
  for (const step of [1, 2, 3, 7, 128, 129, 5000]) {
    const { frames, error, budget } = read(stream, step);
    assert.deepEqual([error, frames, budget.used], [undefined, messages, 0], `step ${step}`);
  }
});

test("a frame above the limit is refused by its length alone", () => {
  assert.deepEqual(read(encodeFrames([bytes(11)]).subarray(0, 1), 1, 10).error, {
    code: "frameTooLong",
    bytes: 11,
  });
  assert.deepEqual(read(Uint8Array.from([0xff, 0xff, 0xff, 0xff, 0x0f]), 1).error, {
    code: "frameTooLong",
    bytes: 2 ** 32 - 1,
  });
});

test("a length that is endless or longer than need be is refused", () => {
  for (const wrong of [
    [0x80, 0x80, 0x80, 0x80, 0x80, 0x01],
    [0x81, 0x00],
    [0x80, 0x00],
  ])
    assert.deepEqual(read(Uint8Array.from(wrong), 1).error, { code: "badLength" });
});

test("what is held of a frame is what has arrived, and is given back", () => {
  const stream = encodeFrames([bytes(900)]);
  const { budget, reader } = read(stream.subarray(0, 102), 10);
  assert.equal(budget.used, 100);
  reader.close();
  assert.equal(budget.used, 0);
});

test("all readers together hold no more than the budget", () => {
  const budget = new BufferBudget(150);
  const part = encodeFrames([bytes(900)]).subarray(0, 102);
  const [first, second] = [new FrameReader(1000, budget), new FrameReader(1000, budget)];
  assert.equal(first.push(part, unwanted).ok, true);
  assert.deepEqual(second.push(part, unwanted), { ok: false, error: { code: "outOfBuffers" } });
  first.close();
  second.close();
  assert.equal(budget.used, 0);
});

test("a paused reader hands over nothing until it is resumed", () => {
  const budget = new BufferBudget(10_000);
  const reader = new FrameReader(1000, budget);
  const frames: Uint8Array[] = [];
  const onFrame = (frame: Uint8Array): void => {
    frames.push(frame);
    if (frames.length === 1) reader.pause();
  };
  reader.push(encodeFrames([bytes(1), bytes(2), bytes(3)]), onFrame);
  assert.equal(frames.length, 1);
  reader.resume(onFrame);
  assert.deepEqual(frames, [bytes(1), bytes(2), bytes(3)]);
  assert.equal(budget.used, 0);
});
