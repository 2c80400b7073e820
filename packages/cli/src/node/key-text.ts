/** A key in the words of Polkadot's `subkey` and node: the same fields in the same order, as text or JSON. */
import { bytesToHex, type Hex, HostError, hexToBytes } from "@parahost/base";
import {
  blake2b256Hex,
  pairFromUri,
  type SecretUriError,
  type SignatureScheme,
  secretSeed,
  ss58Encode,
} from "@parahost/crypto";

export interface KeyFormat {
  readonly scheme: SignatureScheme;
  /** Of addresses. */
  readonly network: { readonly name: string; readonly prefix: number };
  readonly isJson: boolean;
}

/** Prefixes of addresses by network name. */
export const NETWORKS: Readonly<Record<string, number>> = {
  substrate: 42,
  polkadot: 0,
  kusama: 2,
  westend: 42,
};

/** The account of a public key: the key itself, or its hash where it has 33 bytes. */
const accountOf = (publicKey: Hex): Hex =>
  publicKey.length === 66 ? publicKey : blake2b256Hex(hexToBytes(publicKey));

interface Shown {
  readonly publicKey: Hex;
  readonly first: readonly (readonly [label: string, field: string, value: string])[];
}

function text({ publicKey, first }: Shown, head: string, { network, isJson }: KeyFormat): string {
  const { prefix } = network;
  const account = accountOf(publicKey);
  const lines = [
    ...first,
    ["Public key (hex):", "publicKey", publicKey],
    ["Account ID:", "accountId", account],
    ["Public key (SS58):", "ss58PublicKey", ss58Encode(publicKey, prefix)],
    ["SS58 Address:", "ss58Address", ss58Encode(account, prefix)],
  ] as const;
  if (isJson)
    return JSON.stringify(
      Object.fromEntries(lines.map(([, field, value]) => [field, value])),
      undefined,
      2,
    );
  // As wide as the longest label of the kind.
  const width = first[0]?.[0].length ?? 0;
  return [
    head,
    ...lines.map(([label, , value]) => `  ${label.padEnd(Math.max(18, width))} ${value}`),
  ].join("\n");
}

/** A new key, and any phrase without junctions. */
export function phraseText(phrase: string, format: KeyFormat): string {
  const { publicKey, seed } = parts(phrase, format.scheme);
  const network = ["Network ID:", "networkId", format.network.name] as const;
  const secret = ["Secret seed:", "secretSeed", seed] as const;
  const first = format.isJson
    ? [["", "secretPhrase", phrase] as const, network, secret]
    : [network, secret];
  return text({ publicKey, first }, `Secret phrase:       ${phrase}`, format);
}

/** A phrase with junctions, or a seed. */
export function uriText(uri: string, format: KeyFormat): string {
  const { publicKey, seed } = parts(uri, format.scheme);
  const network = ["Network ID:", "networkId", format.network.name] as const;
  const secret = ["Secret seed:", "secretSeed", seed] as const;
  const first = format.isJson
    ? [["", "secretKeyUri", uri] as const, network, secret]
    : [network, secret];
  return text({ publicKey, first }, `Secret Key URI \`${uri}\` is account:`, format);
}

/** A public key, in hex or as an address. */
export function publicText(uri: string, publicKey: Hex, format: KeyFormat): string {
  const network = ["Network ID/Version:", "networkId", format.network.name] as const;
  const first = format.isJson ? [["", "publicKeyUri", uri] as const, network] : [network];
  return text({ publicKey, first }, `Public Key URI \`${uri}\` is account:`, format);
}

function parts(uri: string, scheme: SignatureScheme): { publicKey: Hex; seed: string } {
  const pair = pairFromUri(scheme, uri);
  if (!pair.ok) throw badSecretUri(pair.error);
  const seed = secretSeed(scheme, uri);
  return {
    publicKey: pair.value.publicKey,
    seed: seed.ok && seed.value !== undefined ? bytesToHex(seed.value) : "n/a",
  };
}

/** Says what is wrong with a secret URI, without any of it. */
export const badSecretUri = (error: SecretUriError): HostError =>
  new HostError("badSecretUri", { message: problemOf(error) });

function problemOf(error: SecretUriError): string {
  switch (error.code) {
    case "badUri":
      return "it is no secret URI: words or a seed, then junctions such as //hard or /soft";
    case "badSeed":
      return "its seed must be 0x and 64 hex digits";
    case "badPhrase":
      return "its words are no secret phrase: count, spelling or checksum are wrong";
    case "softJunction":
      return "this kind of key has hard junctions (//) only";
  }
}
