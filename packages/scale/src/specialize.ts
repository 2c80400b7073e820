/**
 * Gives a codec code of its own.
 *
 * V8 keeps what it learns about types per function literal. Closures made from one literal share
 * that knowledge, so a `vec` used for everything is slow at everything; a function compiled for one
 * codec sees one kind of item, reads properties by constant names, and its values get one hidden
 * class. Measured on a block's inherent this is the larger half of the decoder's speed.
 *
 * The source is made from field names and numbers of the declaration, never from data.
 */
export function specialize<F>(source: string, scope: Readonly<Record<string, unknown>>): F {
  return new Function(...Object.keys(scope), `return ${source};`)(...Object.values(scope)) as F;
}

/** A name as a JavaScript literal. */
export const literal = (name: string): string => JSON.stringify(name);
