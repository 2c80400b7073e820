/**
 * What clients must know to make transactions: the extensions, in the order in which `SignedExtra` and
 * `SignedImplicit` hold what they carry, and the type of an extrinsic. Most extensions only check; they
 * are listed because clients ask for them by name.
 *
 * Reference: json-rpc-and-metadata.md 4.5, 9.
 */
import { assert } from "@parahost/base";
import { MultiAddress, MultiSignature } from "@parahost/primitives";
import type { FieldDescription, TypeDescription } from "@parahost/scale";
import { SignedExtra, SignedImplicit } from "../transaction/extrinsic.ts";

interface Extension {
  readonly path: readonly string[];
  /** Field of `SignedExtra` that it puts into the transaction. */
  readonly extra?: string;
  /** Field of `SignedImplicit` that it has signed besides. */
  readonly implicit?: string;
}

const system = (module: string, name: string): readonly string[] => [
  "frame_system",
  "extensions",
  module,
  name,
];

const EXTENSIONS: readonly Extension[] = [
  { path: system("check_non_zero_sender", "CheckNonZeroSender") },
  { path: system("check_spec_version", "CheckSpecVersion"), implicit: "spec_version" },
  { path: system("check_tx_version", "CheckTxVersion"), implicit: "transaction_version" },
  { path: system("check_genesis", "CheckGenesis"), implicit: "genesis_hash" },
  { path: system("check_mortality", "CheckMortality"), extra: "era", implicit: "birth_hash" },
  { path: system("check_nonce", "CheckNonce"), extra: "nonce" },
  { path: system("check_weight", "CheckWeight") },
  { path: ["pallet_transaction_payment", "ChargeTransactionPayment"], extra: "tip" },
  {
    path: ["frame_metadata_hash_extension", "CheckMetadataHash"],
    extra: "metadata_hash",
    implicit: "metadata_hash",
  },
];

export interface ExtensionDescription {
  readonly identifier: string;
  /** What it puts into the transaction. */
  readonly type: TypeDescription;
  /** What it has signed besides. */
  readonly implicit: TypeDescription;
}

const UNIT: TypeDescription = { kind: "tuple", items: [] };

export function describeExtensions(): readonly ExtensionDescription[] {
  const extras = fieldsOf(SignedExtra.type);
  const implicits = fieldsOf(SignedImplicit.type);
  assertOrder(extras, "extra");
  assertOrder(implicits, "implicit");
  return EXTENSIONS.map(({ path, extra, implicit }) => ({
    identifier: path.at(-1) ?? "",
    type: {
      kind: "composite",
      path,
      fields: extra === undefined ? [] : [{ type: typeOf(extras, extra) }],
    },
    implicit: implicit === undefined ? UNIT : typeOf(implicits, implicit),
  }));
}

/** All that the extensions put into a transaction. */
export const extraType = (): TypeDescription => ({
  kind: "tuple",
  items: describeExtensions().map(({ type }) => type),
});

/** An extrinsic of a chain with such calls: bytes of their own length, whose parts clients find in the parameters. */
export const extrinsicType = (call: TypeDescription): TypeDescription => ({
  kind: "composite",
  path: ["sp_runtime", "generic", "unchecked_extrinsic", "UncheckedExtrinsic"],
  params: [
    { name: "Address", type: MultiAddress.type },
    { name: "Call", type: call },
    { name: "Signature", type: MultiSignature.type },
    { name: "Extra", type: extraType() },
  ],
  fields: [{ type: { kind: "sequence", of: { kind: "primitive", primitive: "u8" } } }],
});

function fieldsOf(type: TypeDescription): readonly FieldDescription[] {
  assert(type.kind === "composite", "what extensions carry is a struct");
  return type.fields;
}

function typeOf(fields: readonly FieldDescription[], name: string): TypeDescription {
  const field = fields.find((candidate) => candidate.name === name);
  assert(field !== undefined, `no extension carries ${name}`);
  return field.type;
}

/** The transaction's bytes are those of the extensions one after the other. */
function assertOrder(fields: readonly FieldDescription[], part: "extra" | "implicit"): void {
  const carried = EXTENSIONS.flatMap((extension) => extension[part] ?? []);
  const declared = fields.map(({ name }) => name);
  assert(carried.join() === declared.join(), `${part}: ${carried} is not ${declared}`);
}
