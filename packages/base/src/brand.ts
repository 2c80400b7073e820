declare const brand: unique symbol;

/** Keeps numbers and hashes of different meaning apart; costs nothing at run time. */
export type Branded<T, Name extends string> = T & { readonly [brand]: Name };
