/**
 * Why a module is not accepted. A refusal is a pure function of the bytes and the parameters, so two
 * validators always agree on it; `offset` is the position in the decompressed module.
 */

export type WasmRefusalCode =
  // Shape of the binary.
  | "notWasm"
  | "wrongVersion"
  | "unexpectedEnd"
  | "lebTooLong"
  | "lebOutOfRange"
  | "unknownSection"
  | "sectionOrder"
  | "sectionSize"
  | "badUtf8"
  | "malformed"
  // Something that the allowed feature set does not have.
  | "featureNotAllowed"
  // Well-formed, but not valid by the rules of the WebAssembly specification.
  | "indexOutOfRange"
  | "typeMismatch"
  | "duplicateExport"
  | "badConstantExpression"
  | "badLimits"
  | "segmentOutOfRange"
  // Our limits, which keep compilation fast and small.
  | "limitExceeded"
  // The contract between a parachain and its host.
  | "startSection"
  | "missingExport"
  | "badExport"
  | "badImport"
  | "memoryTooLarge";

export interface WasmRefusal {
  readonly code: WasmRefusalCode;
  /** Byte position in the module. */
  readonly offset: number;
  readonly detail: string;
}

/** Thrown inside the parser, turned into a `Result` at its entry. */
export class WasmError extends Error {
  override readonly name = "WasmError";
  readonly refusal: WasmRefusal;

  constructor(code: WasmRefusalCode, offset: number, detail: string) {
    super(`${code} at ${offset}: ${detail}`);
    this.refusal = { code, offset, detail };
  }
}
