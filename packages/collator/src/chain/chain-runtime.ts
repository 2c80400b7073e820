/** The runtime of a chain for its clients: what the code says about itself, and the calls that are answered for it. */
import { err, type Result } from "@parahost/base";
import { CODE_LIMIT_BYTES, customSection, decompressBlob } from "@parahost/executor";
import { type ChainAt, chainApis } from "@parahost/kit/metadata/chain-apis";
import { ChainDescription, DESCRIPTION_SECTION } from "@parahost/kit/metadata/chain-description";
import { OpaqueExtrinsic } from "@parahost/primitives";
import type { ApiMethod, RuntimeCallError, RuntimeVersion } from "@parahost/runtime";
import { tryDecode } from "@parahost/scale";

const METHODS: ReadonlyMap<string, ApiMethod<ChainAt>> = new Map(
  Object.entries(chainApis(OpaqueExtrinsic)).flatMap(([api, { methods }]) =>
    Object.entries(methods).map(([name, found]): [string, ApiMethod<ChainAt>] => [
      `${api}_${snakeCase(name)}`,
      found,
    ]),
  ),
);

/** What calls are answered from beside the code's own words. */
export type StateAt = Omit<ChainAt, "version" | "metadata">;

export class ChainRuntime {
  readonly version: RuntimeVersion;
  readonly #metadata: ReadonlyMap<number, Uint8Array>;

  constructor({ version, metadata }: ChainDescription) {
    this.version = version;
    this.#metadata = new Map(metadata);
  }

  /** `undefined` for code that says nothing about itself. Takes decompressed code. */
  static ofCode(wasm: Uint8Array): ChainRuntime | undefined {
    const section = customSection(wasm, DESCRIPTION_SECTION);
    const content = section && decompressBlob(section, "code", CODE_LIMIT_BYTES);
    const described = content?.ok === true ? tryDecode(ChainDescription, content.value) : undefined;
    return described?.ok === true ? new ChainRuntime(described.value) : undefined;
  }

  /** Encoded; `undefined` for a version that there is not. */
  metadata(version: number): Uint8Array | undefined {
    return this.#metadata.get(version);
  }

  /** Answers a call by its name on the wire, arguments and answer encoded. */
  call(at: StateAt, name: string, args: Uint8Array): Result<Uint8Array, RuntimeCallError> {
    const found = METHODS.get(name);
    if (found === undefined) return err({ code: "unknownFunction", name });
    const { version } = this;
    return found.call({ ...at, version, metadata: (wanted) => this.metadata(wanted) }, args);
  }
}

function snakeCase(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}
