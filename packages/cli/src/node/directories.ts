/** Where a node keeps what is its own, as Polkadot nodes do: `<base path>/chains/<chain>/…`. */
import { randomBytes } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { homedir } from "node:os";
import { dirname, join } from "node:path";
import { bytesToHex, HostError, hexToBytes, isHex } from "@parahost/base";

export interface Directories {
  readonly database: string;
  readonly keystore: string;
  readonly nodeKey: string;
}

export const defaultBasePath = (): string =>
  join(process.env["XDG_DATA_HOME"] ?? join(homedir(), ".local", "share"), "parahost");

export function directoriesOf(basePath: string, chainId: string): Directories {
  const chain = join(basePath, "chains", chainId);
  return {
    database: join(chain, "db"),
    keystore: join(chain, "keystore"),
    nodeKey: join(chain, "network", "secret_ed25519"),
  };
}

const SEED_BYTES = 32;

/** Reads 64 hex digits, or 32 bytes as they are. */
export function readNodeKey(file: string): Uint8Array {
  let bytes: Buffer;
  try {
    bytes = readFileSync(file);
  } catch (cause) {
    throw new HostError("badNodeKey", {
      message: `${file} cannot be read: ${String(cause)}`,
      cause,
    });
  }
  if (bytes.length === SEED_BYTES) return new Uint8Array(bytes);
  const text = `0x${bytes.toString("utf8").trim().replace(/^0x/, "")}`;
  if (isHex(text, SEED_BYTES)) return hexToBytes(text);
  throw new HostError("badNodeKey", {
    message: `${file} holds neither 32 bytes nor 64 hex digits: make another with "parahost key generate-node-key --file ${file}"`,
  });
}

/** The secret of the node's identity; made when there is none. */
export function ownNodeKey(file: string): Uint8Array {
  if (existsSync(file)) return readNodeKey(file);
  const seed = new Uint8Array(randomBytes(SEED_BYTES));
  writeNodeKey(file, seed);
  return seed;
}

export function writeNodeKey(file: string, seed: Uint8Array): void {
  mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
  writeFileSync(file, bytesToHex(seed).slice(2), { mode: 0o600 });
}
