/**
 * A refusal is an answer, hence a value: what may fail through a peer's, a para's or a user's fault
 * returns a `Result` whose error is a union of `{ code, ...data }`.
 */
export type Result<T, E> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly error: E };

export const ok = <T>(value: T): Result<T, never> => ({ ok: true, value });
export const err = <const E>(error: E): Result<never, E> => ({ ok: false, error });

/** The value of a result that the caller knows to be good; a refusal here is our own fault. */
export function expectOk<T, E>(result: Result<T, E>, why: string): T {
  if (result.ok) return result.value;
  throw new AssertionError(`${why}: ${describe(result.error)}`);
}

/** A broken invariant of ours. Nobody handles it: the process ends, the simulator prints its seed. */
export class AssertionError extends Error {
  override readonly name = "AssertionError";
}

/** States an invariant. Stays on in production. */
export function assert(condition: boolean, message: string): asserts condition {
  if (!condition) throw new AssertionError(message);
}

/** Marks a case the types say cannot happen; forgetting a case of a union is a compile error. */
export function unreachable(value: never): never {
  throw new AssertionError(`unreachable: ${describe(value)}`);
}

/** The machine's fault: disk, socket, worker, memory. Handled at an edge, never a vote against anybody. */
export class HostError extends Error {
  override readonly name = "HostError";
  readonly code: string;
  constructor(code: string, options?: { readonly message?: string; readonly cause?: unknown }) {
    super(
      options?.message === undefined ? code : `${code}: ${options.message}`,
      options?.cause === undefined ? undefined : { cause: options.cause },
    );
    this.code = code;
  }
}

/** One line for a log: codes first, bigints and bytes readable. */
export function describe(value: unknown): string {
  if (typeof value === "string") return value;
  if (value instanceof Error) return value.message;
  return (
    JSON.stringify(value, (_, inner: unknown) => {
      if (typeof inner === "bigint") return inner.toString();
      if (inner instanceof Uint8Array) return `<${inner.length} bytes>`;
      if (inner instanceof Map) return [...inner];
      return inner;
    }) ?? String(value)
  );
}
