/** `parahost key`: keys as Polkadot's `subkey` and node make, show and keep them. */
import { randomBytes } from "node:crypto";
import { readFileSync } from "node:fs";
import { asciiBytes, bytesToHex, type Hex, HostError, hexToBytes, isHex } from "@parahost/base";
import {
  ed25519PairFromSeed,
  entropyToPhrase,
  KEY_TYPES,
  type KeyTypeId,
  pairFromUri,
  parseSecretUri,
  phraseToEntropy,
  type SignatureScheme,
  ss58Decode,
} from "@parahost/crypto";
import { peerIdOfKey } from "@parahost/network";
import { type Command, InvalidArgumentError, Option } from "commander";
import { chooseChain } from "../node/chain-choice.ts";
import { defaultBasePath, directoriesOf, readNodeKey, writeNodeKey } from "../node/directories.ts";
import {
  badSecretUri,
  type KeyFormat,
  NETWORKS,
  phraseText,
  publicText,
  uriText,
} from "../node/key-text.ts";
import { FileKeystore } from "../ports/file-keystore.ts";

const SCHEMES: readonly SignatureScheme[] = ["sr25519", "ed25519", "ecdsa"];
const WORDS = ["12", "15", "18", "21", "24"];

interface FormatFlags {
  readonly scheme: SignatureScheme;
  readonly network: KeyFormat["network"];
  readonly outputType: string;
}

interface InsertFlags {
  readonly basePath: string;
  readonly chain: string;
  readonly keyType: KeyTypeId;
  readonly suri: string;
  readonly scheme?: SignatureScheme;
}

export function addKeyCommand(program: Command): void {
  const key = program
    .command("key")
    .description("make, show and keep keys, with Polkadot's formats");
  const out = (text: string): void => void process.stdout.write(`${text}\n`);

  withFormat(key.command("generate").description("a new secret phrase and its key"))
    .addOption(new Option("-w, --words <n>", "words of the phrase").choices(WORDS).default("12"))
    .action((flags: FormatFlags & { readonly words: string }) => {
      // Every three words carry 32 bits of entropy.
      const entropy = randomBytes((Number(flags.words) / 3) * 4);
      out(phraseText(entropyToPhrase(new Uint8Array(entropy)), formatOf(flags)));
    });

  withFormat(
    key
      .command("inspect")
      .description("the public key and address of a secret phrase, seed, URI, or of a public key")
      .argument("<uri>", "phrase, seed, URI, address, hex, or a file with one of them"),
  )
    .option("--public", "a public key in hex, not a seed")
    .option("--password <text>", "of the secret phrase")
    .action(
      (
        uri: string,
        flags: FormatFlags & { readonly public?: true; readonly password?: string },
      ) => {
        out(inspect(contentsOf(uri), flags));
      },
    );

  key
    .command("insert")
    .description("put a key into the keystore of a node")
    .option("-d, --base-path <directory>", "the node's", defaultBasePath())
    .option("--chain <name or file>", "dev, local, or a chain specification", "local")
    .requiredOption("--key-type <type>", `one of ${Object.keys(KEY_TYPES).join(", ")}`, keyType)
    .requiredOption("--suri <uri>", "secret phrase, seed or URI, or a file with it")
    .addOption(schemeOption())
    .action((flags: InsertFlags) => insert(flags, out));

  key
    .command("generate-node-key")
    .description("a new secret for a node's identity; prints its peer id to standard error")
    .option("--file <file>", "write it there instead of to standard output")
    .action(({ file }: { readonly file?: string }) => {
      const seed = new Uint8Array(randomBytes(32));
      if (file === undefined) out(bytesToHex(seed).slice(2));
      else writeNodeKey(file, seed);
      process.stderr.write(`${peerOf(seed)}\n`);
    });

  key
    .command("inspect-node-key")
    .description("the peer id of a node's secret")
    .requiredOption("--file <file>", "the secret")
    .action(({ file }: { readonly file: string }) => out(peerOf(readNodeKey(file))));
}

const peerOf = (seed: Uint8Array): string =>
  peerIdOfKey(hexToBytes(ed25519PairFromSeed(seed).publicKey));

function withFormat(command: Command): Command {
  return command
    .addOption(schemeOption().default("sr25519"))
    .option(
      "-n, --network <name>",
      "of addresses: a name or a prefix",
      network,
      network("substrate"),
    )
    .addOption(
      new Option("--output-type <type>", "how it is printed")
        .argParser((text) => choice(text, ["text", "json"]))
        .default("text"),
    );
}

const schemeOption = (): Option =>
  new Option("--scheme <scheme>", `one of ${SCHEMES.join(", ")}`).argParser((text) =>
    choice(text, SCHEMES),
  );

/** Polkadot's command takes any case. */
function choice<T extends string>(text: string, choices: readonly T[]): T {
  const found = choices.find((candidate) => candidate === text.toLowerCase());
  if (found === undefined) throw new InvalidArgumentError(`It must be ${choices.join(" or ")}.`);
  return found;
}

function network(text: string): KeyFormat["network"] {
  const prefix = NETWORKS[text] ?? (/^\d{1,5}$/.test(text) ? Number(text) : undefined);
  if (prefix === undefined || prefix > 16_383)
    throw new InvalidArgumentError(
      `It must be ${Object.keys(NETWORKS).join(", ")} or a number up to 16383.`,
    );
  return { name: text, prefix };
}

function keyType(text: string): KeyTypeId {
  if (!(text in KEY_TYPES))
    throw new InvalidArgumentError(`It must be one of ${Object.keys(KEY_TYPES).join(", ")}.`);
  return text as KeyTypeId;
}

const formatOf = ({ scheme, network: of, outputType }: FormatFlags): KeyFormat => ({
  scheme,
  network: of,
  isJson: outputType === "json",
});

/** A file's first line where there is such a file, else the text itself. */
function contentsOf(text: string): string {
  try {
    return readFileSync(text, "utf8").trim();
  } catch {
    // Secrets are seldom names of files.
    return text;
  }
}

function inspect(
  uri: string,
  flags: FormatFlags & { readonly public?: true; readonly password?: string },
): string {
  const format = formatOf(flags);
  if (flags.public === true) return publicText(uri, publicKeyIn(uri), format);
  const address = ss58Decode(uri);
  if (address.ok) return publicText(uri, address.value.publicKey, format);
  const whole = flags.password === undefined ? uri : `${uri}///${flags.password}`;
  const parsed = parseSecretUri(whole);
  const isPhrase = parsed.ok && parsed.value.junctions.length === 0 && phraseToEntropy(uri).ok;
  return isPhrase && flags.password === undefined
    ? phraseText(uri, format)
    : uriText(whole, format);
}

function publicKeyIn(text: string): Hex {
  if (isHex(text, 32) || isHex(text, 33)) return text;
  throw new HostError("badPublicKey", { message: "it must be 0x and 64 or 66 hex digits" });
}

function insert(
  { basePath, chain, keyType: type, suri, scheme }: InsertFlags,
  out: (text: string) => void,
): void {
  const secret = contentsOf(suri);
  const pair = pairFromUri(scheme ?? KEY_TYPES[type], secret);
  if (!pair.ok) throw badSecretUri(pair.error);
  const { keystore } = directoriesOf(basePath, chooseChain(chain).id);
  new FileKeystore(keystore).insert(type, secret, scheme);
  out(`${bytesToHex(asciiBytes(type)).slice(2)}${pair.value.publicKey.slice(2)} in ${keystore}`);
}
