import assert from "node:assert/strict";
import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { HostError } from "@parahost/base";
import { keystoreSuite } from "@parahost/crypto/keystore-suite";
import { FileKeystore } from "./file-keystore.ts";

const root = mkdtempSync(join(tmpdir(), "parahost-keystore-"));
after(() => rmSync(root, { recursive: true, force: true }));
let directories = 0;
const directory = (): string => join(root, String(directories++));

const ALICE = "0xd43593c715fdd31c61141abd04a99fd6822c8558854ccde39a5684e7a56da27d";
const ALICE_FILE = `62616265${ALICE.slice(2)}`;
/** With its checksum in the last word. */
const SECRET = "bottom drive obey lake curtain smoke basket hold race lonely fit walk";

for (const { name, run } of keystoreSuite(() => new FileKeystore(directory())))
  test(`file keystore: ${name}`, run);

test("a key is a file as Polkadot's: key type and public key in hex, the secret as a JSON string", () => {
  const keystore = new FileKeystore(directory());
  keystore.insert("babe", "//Alice");
  keystore.insert("gran", `${SECRET}//Alice`);
  assert.deepEqual(readdirSync(keystore.directory).sort(), [
    ALICE_FILE,
    "6772616e88dc3417d5058ec4b4503e0c12ea1a0a89be200fe98922423d4334014fa6b0ee",
  ]);
  assert.equal(readFileSync(join(keystore.directory, ALICE_FILE), "utf8"), '"//Alice"');
  const again = new FileKeystore(keystore.directory);
  assert.deepEqual(again.publicKeys("babe"), [ALICE]);
  assert.equal(again.publicKeys("gran").length, 1);
  assert.deepEqual(
    again.sign("gran", again.publicKeys("gran")[0] ?? "0x", new Uint8Array([1])),
    keystore.sign("gran", keystore.publicKeys("gran")[0] ?? "0x", new Uint8Array([1])),
  );
});

test("a key of another scheme than its type's is found again", () => {
  const keystore = new FileKeystore(directory());
  const inserted = keystore.insert("acco", "//Alice", "ed25519");
  assert.deepEqual(new FileKeystore(keystore.directory).publicKeys("acco"), [
    inserted.ok && inserted.value,
  ]);
});

test("files that are no keys are left alone, keys that others can read are warned of", () => {
  const { directory: path } = (() => {
    const keystore = new FileKeystore(directory());
    keystore.insert("babe", "//Alice");
    return keystore;
  })();
  writeFileSync(join(path, "README"), "not a key");
  chmodSync(join(path, ALICE_FILE), 0o644);
  const warnings: string[] = [];
  assert.deepEqual(new FileKeystore(path, (text) => warnings.push(text)).publicKeys("babe"), [
    ALICE,
  ]);
  assert.match(warnings.join(), /can be read by others: .*chmod 600/);
});

test("a key file that is damaged is refused by name, and its secret is not shown", () => {
  const contents: readonly (string | undefined)[] = [
    "",
    SECRET,
    `"${SECRET}//Bob"`,
    `"${SECRET.replace("walk", "drive")}"`,
    "42",
    `"${"walk ".repeat(4000)}"`,
    undefined,
  ];
  for (const content of contents) {
    const path = directory();
    mkdirSync(path);
    if (content === undefined) mkdirSync(join(path, ALICE_FILE));
    else writeFileSync(join(path, ALICE_FILE), content, { mode: 0o600 });
    assert.throws(
      () => new FileKeystore(path),
      (error) =>
        error instanceof HostError &&
        error.code === "badKeyFile" &&
        error.message.includes(ALICE_FILE) &&
        !error.message.includes("walk"),
      content,
    );
  }
});

test("a directory that cannot be read is refused", () => {
  const path = directory();
  writeFileSync(path, "");
  assert.throws(
    () => new FileKeystore(path),
    (error) => error instanceof HostError && error.code === "keystoreUnreadable",
  );
});
