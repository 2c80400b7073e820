/** What every `ErasureCoder` must do. Whoever implements the port runs this suite. */
import { randomBytes } from "@parahost/base";
import { directCoder, type ErasureCoder } from "../coder.ts";
import type { IndexedChunk } from "../kernel.ts";
import { recoveryThreshold } from "../parameters.ts";
import { seeded } from "./seeded.ts";

/** The parts of a test runner that the suite needs. */
export interface CoderSuiteRunner {
  test(name: string, body: () => Promise<void>): void;
  deepEqual(actual: unknown, expected: unknown): void;
}

/** Few validators and many; a payload that is coded in place and one that is worth a thread. */
const SHAPES = [
  { n: 2, bytes: 1 },
  { n: 6, bytes: 300_001 },
  { n: 130, bytes: 5_000 },
] as const;

export function coderSuite(
  make: () => { readonly coder: ErasureCoder; close(): Promise<void> },
  { test, deepEqual }: CoderSuiteRunner,
): void {
  for (const { n, bytes } of SHAPES)
    test(`${bytes} bytes for ${n} validators are coded and recovered as in place`, async () => {
      const { coder, close } = make();
      const data = randomBytes(seeded(n), bytes);
      const [coded, direct] = [await coder.encode(n, data), await directCoder.encode(n, data)];
      if (!coded.ok || !direct.ok) throw new TypeError("the shapes can be coded");
      const { chunks, commitment } = coded.value;
      deepEqual(chunks, direct.value.chunks);
      deepEqual(commitment.root, direct.value.commitment.root);
      for (let index = 0; index < n; index++)
        deepEqual(commitment.proof(index), direct.value.commitment.proof(index));
      deepEqual(await coder.root(n, data), { ok: true, value: commitment.root });
      const k = recoveryThreshold(n);
      const last: IndexedChunk[] = chunks.map((chunk, index) => [index, chunk] as const);
      const given = last.slice(-(k.ok ? k.value : n));
      deepEqual(await coder.reconstruct(n, given), await directCoder.reconstruct(n, given));
      await close();
    });

  test("what cannot be coded or recovered is refused as in place", async () => {
    const { coder, close } = make();
    const large = new Uint8Array(200_000);
    for (const [n, data] of [
      [1, large],
      [6, new Uint8Array(0)],
      [70_000, large],
    ] as const) {
      deepEqual(await coder.encode(n, data), await directCoder.encode(n, data));
      deepEqual(await coder.root(n, data), await directCoder.root(n, data));
    }
    for (const chunks of [
      [],
      [[0, large]],
      [
        [7, large],
        [1, large],
      ],
    ] as IndexedChunk[][])
      deepEqual(await coder.reconstruct(6, chunks), await directCoder.reconstruct(6, chunks));
    await close();
  });

  test("questions that come together are answered each for itself", async () => {
    const { coder, close } = make();
    const payloads = Array.from({ length: 20 }, (_, i) => randomBytes(seeded(i), 70_000 + i));
    const roots = await Promise.all(payloads.map((data) => coder.root(6, data)));
    deepEqual(roots, await Promise.all(payloads.map((data) => directCoder.root(6, data))));
    await close();
  });
}
