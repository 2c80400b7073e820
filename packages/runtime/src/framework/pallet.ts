/**
 * A module's declaration: the one place from which the dispatcher, the events, the errors and the
 * metadata are made. A module file declares its events and errors first, its routines next, and ends
 * with `pallet({ … })`.
 */
import { assert } from "@parahost/base";
import {
  type Codec,
  type StructValue,
  struct,
  type TypeDescription,
  type VariantValue,
  variant,
} from "@parahost/scale";
import type {
  DispatchClassName,
  DispatchError,
  DispatchInfo,
  DispatchResult,
  Weight,
} from "./dispatch.ts";
import { depositEvent } from "./events.ts";
import type { Origin } from "./origin.ts";
import type { State } from "./state.ts";
import type { StorageEntry } from "./storage.ts";
import type { UnsignedValidity } from "./validity.ts";

// biome-ignore lint/suspicious/noExplicitAny: a codec is invariant in its value; only `any` holds all of them
export type AnyCodec = Codec<any>;
type Fields = Readonly<Record<string, AnyCodec>>;

// Calls

export interface CallDeclaration<F extends Fields> {
  /** Tag within the pallet's calls. */
  readonly index: number;
  readonly docs: string;
  /** Arguments in wire order; metadata shows their names in snake case. */
  readonly args: F;
  /** `normal` unless said otherwise. */
  readonly class?: DispatchClassName | ((args: StructValue<F>) => DispatchClassName);
  readonly weight: Weight | ((args: StructValue<F>) => Weight);
  /** True unless said otherwise. */
  readonly paysFee?: boolean | ((args: StructValue<F>) => boolean);
  /** Only a block's author may put it in, at most once per block, before all other extrinsics. */
  readonly inherent?: true;
  /** Admits the call as an unsigned transaction that proves itself; without it none is. */
  readonly validateUnsigned?: (state: State, args: StructValue<F>) => UnsignedValidity;
  /** Runs in a transaction of its own: what it wrote is dropped when it fails. */
  readonly dispatch: (state: State, origin: Origin, args: StructValue<F>) => DispatchResult;
}

/** Infers the arguments' types of a call. */
export const call = <const F extends Fields>(declaration: CallDeclaration<F>): CallDeclaration<F> =>
  declaration;

/** All calls look alike to the dispatcher. */
// biome-ignore lint/suspicious/noExplicitAny: a record of calls with different arguments
export type AnyCall = CallDeclaration<any>;
type Calls = Readonly<Record<string, AnyCall>>;

export type CallValue<C extends Calls> = {
  [K in keyof C]: C[K] extends CallDeclaration<infer F>
    ? keyof F extends never
      ? { readonly type: K }
      : { readonly type: K; readonly value: StructValue<F> }
    : never;
}[keyof C];

// Events

type EventSpec = number | readonly [number, AnyCodec];
type EventSpecs = Readonly<Record<string, EventSpec>>;

export interface Events<E extends EventSpecs> {
  readonly codec: Codec<VariantValue<E>>;
  /** Adds the event to those of the block. */
  deposit(state: State, event: VariantValue<E>): void;
}

/** The events of the pallet called `name`, for example `Balances`. */
export function palletEvents<const E extends EventSpecs>(name: string, specs: E): Events<E> {
  const type = camelCase(name);
  return {
    codec: variant(specs, [moduleName(name), "pallet", "Event"]),
    deposit: (state, event) =>
      depositEvent(state, { type, value: event as { readonly type: string } }),
  };
}

// Errors

export interface ErrorNames {
  readonly index: number;
  readonly names: readonly string[];
}

/**
 * The errors of a pallet: `errors.insufficientBalance` for `"insufficientBalance"`. The position in the
 * list is what the wire carries.
 */
export function palletErrors<const N extends readonly string[]>(
  index: number,
  names: N,
): { readonly [K in N[number]]: DispatchError } & { readonly declared: ErrorNames } {
  assert(new Set(names).size === names.length, `an error of pallet ${index} is listed twice`);
  const errors: Record<string, DispatchError> = {};
  names.forEach((name, position) => {
    errors[name] = {
      type: "module",
      value: { index, error: new Uint8Array([position, 0, 0, 0]) },
    };
  });
  return { ...errors, declared: { index, names } } as {
    readonly [K in N[number]]: DispatchError;
  } & { readonly declared: ErrorNames };
}

// Constants

export interface Constant {
  readonly docs: string;
  readonly codec: AnyCodec;
  /** Constants that differ between networks are read from the state. */
  readonly value: (state: State) => unknown;
}

export const constant = <T>(
  docs: string,
  codec: Codec<T>,
  value: (state: State) => T,
): Constant => ({
  docs,
  codec,
  value,
});

// Pallets

export interface PalletDeclaration<N extends string, C extends Calls, E extends EventSpecs> {
  /** As in metadata, for example `ParaInclusion`. */
  readonly name: N;
  readonly index: number;
  readonly docs?: string;
  readonly storage?: Readonly<Record<string, StorageEntry>>;
  readonly constants?: Readonly<Record<string, Constant>>;
  readonly calls?: C;
  readonly events?: Events<E>;
  readonly errors?: { readonly declared: ErrorNames };
}

/** What `runtime.ts` and the metadata need to know of a pallet. */
export interface Pallet<
  N extends string = string,
  C extends Calls = Calls,
  E extends EventSpecs = EventSpecs,
> {
  readonly name: N;
  /** Its tag in the sums over all pallets: the name in camel case. */
  readonly key: Uncapitalize<N>;
  readonly index: number;
  readonly docs: string;
  readonly storage: readonly StorageEntry[];
  readonly constants: Readonly<Record<string, Constant>>;
  readonly calls: C;
  /** `undefined` for a pallet without calls. */
  readonly callCodec: Codec<CallValue<C>> | undefined;
  readonly events: Events<E> | undefined;
  /** Names in camel case, in wire order. */
  readonly errors: readonly string[];
}

export function pallet<
  const N extends string,
  const C extends Calls = Record<never, never>,
  const E extends EventSpecs = Record<never, never>,
>(declaration: PalletDeclaration<N, C, E>): Pallet<N, C, E> {
  const { name, index, errors } = declaration;
  const calls = declaration.calls ?? ({} as C);
  const storage = Object.values(declaration.storage ?? {});
  for (const entry of storage)
    assert(entry.pallet === name, `${entry.pallet}.${entry.item} is declared in ${name}`);
  assert(errors === undefined || errors.declared.index === index, `errors of ${name}: wrong index`);
  return {
    name,
    key: camelCase(name) as Uncapitalize<N>,
    index,
    docs: declaration.docs ?? "",
    storage,
    constants: declaration.constants ?? {},
    calls,
    callCodec: callCodec(name, calls),
    events: declaration.events,
    errors: errors?.declared.names ?? [],
  };
}

function callCodec<C extends Calls>(palletName: string, calls: C): Codec<CallValue<C>> | undefined {
  const names = Object.keys(calls);
  if (names.length === 0) return undefined;
  const specs: Record<string, number | readonly [number, AnyCodec]> = {};
  for (const name of names) {
    const { index, args } = calls[name] as AnyCall;
    specs[name] = Object.keys(args as Fields).length === 0 ? index : [index, struct(args)];
  }
  const codec = variant(specs, [moduleName(palletName), "pallet", "Call"]);
  assert(codec.type.kind === "variant", "a sum of calls is a variant");
  const described: TypeDescription = {
    ...codec.type,
    variants: codec.type.variants.map((arm, position) => {
      const name = names[position] as string;
      return { ...arm, name: snakeCase(name), docs: [(calls[name] as AnyCall).docs] };
    }),
  };
  return { ...codec, type: described } as unknown as Codec<CallValue<C>>;
}

/** Class, weight and fee duty of a call with these arguments. */
export function callInfo(declaration: AnyCall, args: unknown): DispatchInfo {
  const { weight, paysFee = true, class: kind = "normal" } = declaration;
  return {
    weight: typeof weight === "function" ? weight(args as never) : weight,
    class: typeof kind === "function" ? kind(args as never) : kind,
    paysFee: typeof paysFee === "function" ? paysFee(args as never) : paysFee,
  };
}

// Names

/** `ParaInclusion` → `paraInclusion`. */
export const camelCase = (name: string): string => name.charAt(0).toLowerCase() + name.slice(1);

/** `setKeys` → `set_keys`. */
export const snakeCase = (name: string): string =>
  name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);

/** `insufficientBalance` → `InsufficientBalance`. */
export const pascalCase = (name: string): string => name.charAt(0).toUpperCase() + name.slice(1);

/** Crate name of the pallet in metadata paths: `ParaInclusion` → `pallet_para_inclusion`. */
export const moduleName = (name: string): string => `pallet_${snakeCase(camelCase(name))}`;
