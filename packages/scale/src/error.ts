/** Why bytes were refused. Codes are those of the protocol's list of bad inputs. */
export type DecodeErrorCode =
  | "unexpectedEnd"
  | "trailingBytes"
  | "notMinimal"
  | "outOfRange"
  | "lengthTooLarge"
  | "boundExceeded"
  | "tooDeep"
  | "badTag"
  | "badVariant"
  | "badUtf8"
  | "paddingNotZero"
  | "notSorted"
  | "badValue";

/** A refusal as a value, for the caller's `switch`. */
export interface DecodeFailure {
  readonly code: DecodeErrorCode;
  /** Byte position at which decoding stopped. */
  readonly offset: number;
  readonly message: string;
}

/** Thrown inside decoders, so that combinators stay readable; `tryDecode` turns it into a `Result`. */
export class DecodeError extends Error implements DecodeFailure {
  override readonly name = "DecodeError";
  readonly code: DecodeErrorCode;
  readonly offset: number;
  constructor(code: DecodeErrorCode, offset: number, message: string) {
    super(message);
    this.code = code;
    this.offset = offset;
  }
}
