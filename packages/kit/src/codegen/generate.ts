/**
 * The AssemblyScript that a declaration stands for, in two files: what the author's modules import (types, storage,
 * events, errors), and the entry, which reads calls and hands them to these modules.
 */
import {
  type CallSchema,
  type ChainSchema,
  camelCase,
  type EventSchema,
  type PalletSchema,
  type StorageSchema,
  storagePrefix,
} from "../schema/chain.ts";
import { GuestTypes, UnsupportedType } from "./guest-type.ts";

export interface GeneratedGuest {
  /** `generated/chain.ts`: what the author's modules import. */
  readonly chain: string;
  /** `generated/entry.ts`: what is compiled. */
  readonly entry: string;
}

const NOTICE = "// Generated from the chain's declaration: changes here are lost.\n";

const GUEST_IMPORTS = `
import { readAddress } from "KIT/base-calls";
import { Bytes } from "KIT/bytes";
import { beginEvent, endEvent } from "KIT/events";
import { failure, Outcome } from "KIT/outcome";
import { Reader, Writer } from "KIT/scale";
import { state } from "KIT/state";
import { KeyWriter } from "KIT/storage";
import { U128 } from "KIT/u128";
`;

/** `kit` is where generated modules find the kit's guest library: a path or a package. */
export function generateGuest(schema: ChainSchema, kit: string): GeneratedGuest {
  const types = new GuestTypes();
  const pallets = Object.entries(schema.pallets);
  const namespaces = pallets.map(([name, pallet]) =>
    within(name, () => palletNamespace(types, name, pallet)),
  );
  const entry = entryOf(schema, types);
  const chain = [NOTICE, GUEST_IMPORTS, types.declarations, ...namespaces].join("\n");
  return { chain: chain.replaceAll("KIT/", `${kit}/`), entry: entry.replaceAll("KIT/", `${kit}/`) };
}

/** Says where in the declaration a type stands that guests cannot have. */
function within<T>(place: string, make: () => T): T {
  try {
    return make();
  } catch (error) {
    if (!(error instanceof UnsupportedType)) throw error;
    throw new UnsupportedType(`${place}: ${error.message}`);
  }
}

// What modules import

function palletNamespace(types: GuestTypes, name: string, pallet: PalletSchema): string {
  const storage = Object.entries(pallet.storage ?? {}).map(([item, declared]) =>
    within(item, () => storageNamespace(types, storagePrefix(name, item), item, declared)),
  );
  const events = Object.entries(pallet.events ?? {}).map(([event, declared]) =>
    within(event, () => eventFunction(types, pallet.index, event, declared)),
  );
  const errors = Object.entries(pallet.errors ?? {}).map(
    ([error, { index, docs }]) =>
      `    /** ${docs} */\n    export const ${camelCase(error)}: Outcome = ${moduleError(pallet.index, index)};`,
  );
  return `
export namespace ${name} {
${storage.join("\n")}
${section("emit", events)}
${section("errors", errors)}
}
`;
}

const section = (name: string, items: readonly string[]): string =>
  items.length === 0 ? "" : `  export namespace ${name} {\n${items.join("\n")}\n  }`;

/** As `failure` of the guest makes it: a constant, since a module has no code that runs before its calls. */
const moduleError = (pallet: number, error: number): string =>
  `0x${(0x0100_0000 + (pallet << 8) + error).toString(16).padStart(8, "0")}`;

function eventFunction(
  types: GuestTypes,
  pallet: number,
  name: string,
  { index, docs, fields }: EventSchema,
): string {
  const params = Object.entries(fields).map(([field, codec]) => ({
    name: field,
    of: types.of(codec.type),
  }));
  return `    /** ${docs} */
    export function ${camelCase(name)}(${params.map((param) => `${param.name}: ${param.of.name}`).join(", ")}): void {
      const event = beginEvent(${pallet}, ${index});
${params.map((param) => `      ${param.of.write("event", param.name)}`).join("\n")}
      endEvent();
    }`;
}

const staticBytes = (data: Uint8Array): string =>
  data.length === 0
    ? "new Bytes(0, 0)"
    : `new Bytes(memory.data<u8>([${data.join(", ")}]), ${data.length})`;

function storageNamespace(
  types: GuestTypes,
  prefix: Uint8Array,
  item: string,
  { docs, keys, value, fallback }: StorageSchema,
): string {
  const params = keys.map(({ codec }, index) => ({
    name: keys.length === 1 ? "key" : `key${index + 1}`,
    of: types.of(codec.type),
    hasher: keys[index]?.hasher ?? "identity",
  }));
  const typed = params.map((param) => `${param.name}: ${param.of.name}`);
  const given = params.map((param) => param.name).join(", ");
  const call = `storageKey(${given})`;
  const keyFunction =
    params.length === 0
      ? `    function storageKey(): Bytes {\n      return prefix();\n    }`
      : `    function storageKey(${typed.join(", ")}): Bytes {
      const storage = new KeyWriter(prefix());
      const encoded = new Writer(64);
${params
  .map(
    (param) => `      ${param.of.write("encoded", param.name)}
      storage.${param.hasher}(encoded.copy());
      encoded.reset();`,
  )
  .join("\n")}
      return storage.done();
    }`;
  const parts = [
    `    function prefix(): Bytes {\n      return ${staticBytes(prefix)};\n    }`,
    keyFunction,
    `    /** Whether there is an entry. */
    export function has(${typed.join(", ")}): bool {
      return state().get(${call}) != null;
    }

    export function remove(${typed.join(", ")}): void {
      state().remove(${call});
    }`,
  ];
  if (value === undefined) {
    parts.push(`    export function add(${typed.join(", ")}): void {
      state().set(${call}, new Bytes(0, 0));
    }`);
  } else {
    const of = types.of(value.type);
    parts.push(getFunction(of, typed, call, fallback));
    parts.push(`    export function set(${[...typed, `value: ${of.name}`].join(", ")}): void {
      const writer = new Writer(32);
      ${of.write("writer", "value")}
      state().set(${call}, writer.view());
    }`);
  }
  const cursor = params.length === 0 ? "" : cursorClass(types, item, params, value);
  if (params.length > 0)
    parts.push(`    /** Walks over all entries, in the order of their storage keys. */
    export function entries(): ${cursorName(item)} {
      return new ${cursorName(item)}(prefix());
    }`);
  return `${cursor}  /** ${docs} */\n  export namespace ${item} {\n${parts.join("\n\n")}\n  }`;
}

function getFunction(
  of: { readonly name: string; readonly isReference: boolean; read(reader: string): string },
  typed: readonly string[],
  call: string,
  fallback: Uint8Array | undefined,
): string {
  if (fallback !== undefined)
    return `    export function get(${typed.join(", ")}): ${of.name} {
      const stored = state().get(${call});
      const reader = new Reader(stored ? stored : ${staticBytes(fallback)});
      return ${of.read("reader")};
    }`;
  if (!of.isReference)
    return `    /** Ends the guest where there is no entry: ask \`has\` first. */
    export function get(${typed.join(", ")}): ${of.name} {
      const reader = new Reader(state().get(${call}) as Bytes);
      return ${of.read("reader")};
    }`;
  const name = of.name.endsWith("| null") ? of.name : `${of.name} | null`;
  return `    export function get(${typed.join(", ")}): ${name} {
      const stored = state().get(${call});
      if (!stored) return null;
      const reader = new Reader(stored);
      return ${of.read("reader")};
    }`;
}

const cursorName = (item: string): string =>
  `${item.charAt(0).toUpperCase()}${item.slice(1)}Cursor`;

/** Bytes that a hasher puts before the key itself. */
const HASH_BYTES = { blake2_128Concat: 16, twox64Concat: 8, identity: 0 } as const;

function cursorClass(
  types: GuestTypes,
  item: string,
  params: readonly {
    readonly name: string;
    readonly of: { readonly name: string; read(reader: string): string };
    readonly hasher: keyof typeof HASH_BYTES;
  }[],
  value: StorageSchema["value"],
): string {
  const of = value === undefined ? undefined : types.of(value.type);
  const name = cursorName(item);
  const getters = params.map((param, position) => {
    const skipped = params
      .slice(0, position)
      .map(
        (before) =>
          `      reader.bytes(${HASH_BYTES[before.hasher]});\n      ${before.of.read("reader")};\n`,
      )
      .join("");
    return `    get ${param.name}(): ${param.of.name} {
      const reader = new Reader(this.at.slice(this.prefix.length, this.at.length));
${skipped}      reader.bytes(${HASH_BYTES[param.hasher]});
      return ${param.of.read("reader")};
    }`;
  });
  if (of !== undefined)
    getters.push(`    get value(): ${of.name} {
      const reader = new Reader(state().get(this.at) as Bytes);
      return ${of.read("reader")};
    }`);
  return `  export class ${name} {
    private at: Bytes;

    constructor(private readonly prefix: Bytes) {
      this.at = prefix;
    }

    /** Goes to the next entry; \`false\` behind the last. */
    next(): bool {
      const next = state().next(this.at, this.prefix);
      if (!next) return false;
      this.at = next;
      return true;
    }

${getters.join("\n\n")}
  }

`;
}

// The entry

function entryOf(schema: ChainSchema, types: GuestTypes): string {
  const pallets = Object.entries(schema.pallets);
  const withCode = pallets.filter(
    ([, { calls, hooks }]) => Object.keys(calls ?? {}).length > 0 || (hooks ?? []).length > 0,
  );
  const arms = pallets.flatMap(([name, pallet]) =>
    Object.entries(pallet.calls ?? {}).map(([callName, declared]) =>
      within(`${name}.${callName}`, () => callArm(types, name, pallet.index, callName, declared)),
    ),
  );
  const weights = pallets.flatMap(([, pallet]) =>
    Object.values(pallet.calls ?? {}).map(
      ({ index, weight }) => `      case ${(pallet.index << 8) | index}: return ${weight};`,
    ),
  );
  const hook = (point: "onInitialize" | "onFinalize"): string => {
    const own = pallets.filter(([, { hooks }]) => hooks?.includes(point));
    return own.length === 0
      ? ""
      : `
  ${point}(): void {
${own.map(([name]) => `    ${camelCase(name)}.${point}();`).join("\n")}
  }`;
  };
  const feeHooks = pallets.filter(([, { hooks }]) => hooks?.includes("fee"));
  const fee = feeHooks.reduce(
    (inner, [name]) => `${camelCase(name)}.fee(${inner})`,
    "super.fee(encodedLength, weight)",
  );
  const feeMethod =
    feeHooks.length === 0
      ? ""
      : `
  fee(encodedLength: i32, weight: u64): U128 {
    return ${fee};
  }`;
  const { token, fees } = schema;
  return `${NOTICE}
${withCode.map(([name]) => `import * as ${camelCase(name)} from "../${camelCase(name)}";`).join("\n")}
import { baseCall, baseWeight, readAddress } from "KIT/base-calls";
import { Chain, NO_SUCH_CALL } from "KIT/chain";
import { build, check, info, replay, validate } from "KIT/executive";
import { Origin } from "KIT/origin";
import { done, Outcome } from "KIT/outcome";
import { Reader, Writer } from "KIT/scale";
import { U128 } from "KIT/u128";
${types.names.length === 0 ? "" : `import { ${types.names.join(", ")} } from "./chain";`}

class ThisChain extends Chain {
  constructor() {
    super(
      ${schema.specVersion},
      ${schema.transactionVersion},
      ${u128(token.existentialDeposit)},
      ${u128(fees.base)},
      ${u128(fees.perByte)},
      ${u128(fees.perMegaWeight)},
    );
  }

  weight(pallet: u8, call: u8): u64 {
    switch ((<i32>pallet << 8) | <i32>call) {
${weights.join("\n")}
      default: return baseWeight(pallet, call);
    }
  }

  dispatch(call: Reader, origin: Origin): Outcome {
    return this.take(call, origin, true);
  }

  check(call: Reader): void {
    this.take(call, new Origin(null), false);
  }

  private take(args: Reader, origin: Origin, isRun: bool): Outcome {
    const pallet = args.u8();
    const call = args.u8();
    switch ((<i32>pallet << 8) | <i32>call) {
${arms.join("\n")}
      default: return baseCall(pallet, call, args, origin, this.existentialDeposit, isRun);
    }
  }
${hook("onInitialize")}${hook("onFinalize")}${feeMethod}
}

export function validate_block(pointer: usize, length: i32): u64 {
  return validate(new ThisChain(), pointer, length);
}

export function build_block(pointer: usize, length: i32): u64 {
  return build(new ThisChain(), pointer, length);
}

export function execute_block(pointer: usize, length: i32): u64 {
  return replay(new ThisChain(), pointer, length);
}

export function check_transaction(pointer: usize, length: i32): u64 {
  return check(new ThisChain(), pointer, length);
}

export function transaction_info(pointer: usize, length: i32): u64 {
  return info(new ThisChain(), pointer, length);
}
`;
}

const U64 = (1n << 64n) - 1n;
const u128 = (value: bigint): string => `new U128(${value & U64}, ${value >> 64n})`;

function callArm(
  types: GuestTypes,
  pallet: string,
  palletIndex: number,
  name: string,
  { index, args }: CallSchema,
): string {
  const params = Object.entries(args).map(([arg, codec], position) => ({
    name: `${arg}_${position}`,
    of: types.of(codec.type),
  }));
  return `      case ${(palletIndex << 8) | index}: {
${params.map((param) => `        const ${param.name} = ${param.of.read("args")};`).join("\n")}
        args.end();
        if (!isRun) return done;
        return ${camelCase(pallet)}.${name}(${["origin", ...params.map((param) => param.name)].join(", ")});
      }`;
}
