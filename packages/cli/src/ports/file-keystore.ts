/**
 * Keys in files, as Polkadot keeps them: a file per key, named after the key type and the public key in hex, which
 * holds the secret phrase, seed or URI as a JSON string.
 *
 * Files are readable for their owner only. A file whose name is none of a key is left alone; one whose contents do
 * not give the key in its name is refused, without its contents being shown.
 */
import {
  closeSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  statSync,
  writeSync,
} from "node:fs";
import { join } from "node:path";
import { asciiBytes, bytesToHex, type Hex, HostError, ok, type Result } from "@parahost/base";
import {
  KEY_TYPES,
  type Keystore,
  type KeyTypeId,
  MemoryKeystore,
  pairFromUri,
  type SecretUriError,
  type SignatureScheme,
  type Transcript,
} from "@parahost/crypto";

const TYPE_DIGITS = 8;
/** A phrase of 24 words with junctions and a password is far below. */
const FILE_BYTES_MAX = 8192;
const NOT_OWNER = 0o077;
const SCHEMES: readonly SignatureScheme[] = ["sr25519", "ed25519", "ecdsa"];

const typeHex = (keyType: KeyTypeId): string => bytesToHex(asciiBytes(keyType)).slice(2);

const TYPE_BY_HEX = new Map(
  (Object.keys(KEY_TYPES) as KeyTypeId[]).map((keyType) => [typeHex(keyType), keyType]),
);

/** Name of the file of a key. */
export const keyFileName = (keyType: KeyTypeId, publicKey: Hex): string =>
  typeHex(keyType) + publicKey.slice(2);

export class FileKeystore implements Keystore {
  readonly directory: string;
  readonly #keys = new MemoryKeystore();

  /**
   * Reads the keys of a directory, which is made when it is missing. `warn` hears of files that others can read.
   * Throws `HostError` `badKeyFile`, `keystoreUnreadable`.
   */
  constructor(directory: string, warn: (message: string) => void = () => {}) {
    this.directory = directory;
    try {
      mkdirSync(directory, { recursive: true, mode: 0o700 });
      const files = readdirSync(directory)
        .filter((name) => TYPE_BY_HEX.has(name.slice(0, TYPE_DIGITS)))
        .map((name) => ({ name, writtenMs: statSync(join(directory, name)).mtimeMs }))
        .sort((a, b) => a.writtenMs - b.writtenMs || (a.name < b.name ? -1 : 1));
      for (const { name } of files) this.#read(name, warn);
    } catch (cause) {
      if (cause instanceof HostError) throw cause;
      throw new HostError("keystoreUnreadable", {
        message: `${directory}: ${String(cause)}`,
        cause,
      });
    }
  }

  publicKeys(keyType: KeyTypeId): readonly Hex[] {
    return this.#keys.publicKeys(keyType);
  }

  has(keyType: KeyTypeId, publicKey: Hex): boolean {
    return this.#keys.has(keyType, publicKey);
  }

  /** The file is on disk when this returns. */
  insert(
    keyType: KeyTypeId,
    secretUri: string,
    scheme: SignatureScheme = KEY_TYPES[keyType],
  ): Result<Hex, SecretUriError> {
    const pair = pairFromUri(scheme, secretUri);
    if (!pair.ok) return pair;
    const { publicKey } = pair.value;
    if (!this.has(keyType, publicKey)) {
      this.#write(keyFileName(keyType, publicKey), JSON.stringify(secretUri));
      this.#keys.insert(keyType, secretUri, scheme);
    }
    return ok(publicKey);
  }

  sign(keyType: KeyTypeId, publicKey: Hex, message: Uint8Array): Uint8Array | undefined {
    return this.#keys.sign(keyType, publicKey, message);
  }

  signPrehashed(keyType: KeyTypeId, publicKey: Hex, hash: Uint8Array): Uint8Array | undefined {
    return this.#keys.signPrehashed(keyType, publicKey, hash);
  }

  vrfInOut(keyType: KeyTypeId, publicKey: Hex, transcript: Transcript) {
    return this.#keys.vrfInOut(keyType, publicKey, transcript);
  }

  vrfSign(keyType: KeyTypeId, publicKey: Hex, transcript: Transcript, extra?: Transcript) {
    return this.#keys.vrfSign(keyType, publicKey, transcript, extra);
  }

  #read(name: string, warn: (message: string) => void): void {
    const file = join(this.directory, name);
    const status = statSync(file);
    if (!status.isFile() || status.size > FILE_BYTES_MAX) throw badKeyFile(file, "is no key file");
    if ((status.mode & NOT_OWNER) !== 0)
      warn(`${file} can be read by others: make it yours alone with chmod 600`);
    let secretUri: unknown;
    try {
      secretUri = JSON.parse(readFileSync(file, "utf8"));
    } catch {
      // The reason would quote the secret.
      throw badKeyFile(file, "does not hold a JSON string");
    }
    if (typeof secretUri !== "string") throw badKeyFile(file, "does not hold a JSON string");
    const keyType = TYPE_BY_HEX.get(name.slice(0, TYPE_DIGITS)) as KeyTypeId;
    const publicKey = `0x${name.slice(TYPE_DIGITS)}`;
    const scheme = [KEY_TYPES[keyType], ...SCHEMES].find((candidate) => {
      const pair = pairFromUri(candidate, secretUri);
      return pair.ok && pair.value.publicKey === publicKey;
    });
    if (scheme === undefined) throw badKeyFile(file, "does not hold the key that its name says");
    this.#keys.insert(keyType, secretUri, scheme);
  }

  #write(name: string, text: string): void {
    const file = join(this.directory, name);
    const draft = `${file}.tmp`;
    try {
      const descriptor = openSync(draft, "w", 0o600);
      writeSync(descriptor, text);
      fsyncSync(descriptor);
      closeSync(descriptor);
      renameSync(draft, file);
      const directory = openSync(this.directory, "r");
      fsyncSync(directory);
      closeSync(directory);
    } catch (cause) {
      throw new HostError("keystoreUnwritable", { message: `${file}: ${String(cause)}`, cause });
    }
  }
}

const badKeyFile = (file: string, how: string): HostError =>
  new HostError("badKeyFile", {
    message: `${file} ${how}: restore it, or move it away and insert the key again with "parahost key insert"`,
  });
