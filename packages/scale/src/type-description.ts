/**
 * The shape of a type, from which runtime metadata is generated. Descriptions are plain data that
 * refer to each other; a recursive type refers through `lazy`.
 */
export type PrimitiveName =
  | "bool"
  | "str"
  | "u8"
  | "u16"
  | "u32"
  | "u64"
  | "u128"
  | "u256"
  | "i8"
  | "i16"
  | "i32"
  | "i64"
  | "i128";

export interface FieldDescription {
  readonly name?: string;
  readonly type: TypeDescription;
  readonly docs?: readonly string[];
}

export interface VariantDescription {
  readonly name: string;
  readonly index: number;
  readonly fields: readonly FieldDescription[];
  readonly docs?: readonly string[];
}

export type TypeShape =
  | { readonly kind: "primitive"; readonly primitive: PrimitiveName }
  | { readonly kind: "compact"; readonly of: TypeDescription }
  | { readonly kind: "sequence"; readonly of: TypeDescription }
  | { readonly kind: "array"; readonly of: TypeDescription; readonly length: number }
  | { readonly kind: "tuple"; readonly items: readonly TypeDescription[] }
  | { readonly kind: "composite"; readonly fields: readonly FieldDescription[] }
  | { readonly kind: "variant"; readonly variants: readonly VariantDescription[] }
  | { readonly kind: "bits" }
  | { readonly kind: "lazy"; readonly get: () => TypeDescription };

export type TypeDescription = TypeShape & {
  /** Path in metadata, such as `["sp_runtime", "generic", "Header"]`. */
  readonly path?: readonly string[];
  /** Generic parameters in metadata. */
  readonly params?: readonly { readonly name: string; readonly type?: TypeDescription }[];
  readonly docs?: readonly string[];
};
