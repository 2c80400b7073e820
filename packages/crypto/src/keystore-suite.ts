/**
 * What every `Keystore` must do. Implementations run it in their tests:
 *
 *     for (const { name, run } of keystoreSuite(() => new MemoryKeystore())) test(name, run);
 *
 * `create` returns an empty keystore each time.
 */
import { assert, bytesToHex, describe, equalBytes, expectOk, type Hex } from "@parahost/base";
import { ecdsaRecover } from "./ecdsa.ts";
import { keccak256 } from "./hash.ts";
import { generateKey, type Keystore } from "./keystore.ts";
import { Transcript } from "./transcript.ts";
import { verifySignature } from "./verifier.ts";
import { vrfVerify } from "./vrf.ts";

export interface KeystoreCase {
  /** The rule, as a sentence. */
  readonly name: string;
  /** Throws when the rule is broken. */
  readonly run: () => void;
}

const ALICE: Hex = "0xd43593c715fdd31c61141abd04a99fd6822c8558854ccde39a5684e7a56da27d";
const BOB: Hex = "0x8eaf04151687736326c9fea17e25fc5287613693c912909cb226aa4794f26a48";
const ALICE_ED25519: Hex = "0x88dc3417d5058ec4b4503e0c12ea1a0a89be200fe98922423d4334014fa6b0ee";
const ALICE_ECDSA: Hex = "0x020a1091341fe5664bfa1782d5e04779689068c916b04cb365ec3153755684d9a1";

const MESSAGE = new Uint8Array([1, 2, 3]);

export function keystoreSuite(create: () => Keystore): readonly KeystoreCase[] {
  return [
    {
      name: "an empty keystore has no keys and signs nothing",
      run: () => {
        const keystore = create();
        assert(keystore.publicKeys("babe").length === 0, "no public keys");
        assert(!keystore.has("babe", ALICE), "does not have Alice's key");
        assert(keystore.sign("babe", ALICE, MESSAGE) === undefined, "no signature");
        assert(
          keystore.signPrehashed("beef", ALICE_ECDSA, keccak256(MESSAGE)) === undefined,
          "none",
        );
        const transcript = new Transcript("test");
        assert(keystore.vrfInOut("babe", ALICE, transcript) === undefined, "no value");
        assert(keystore.vrfSign("babe", ALICE, transcript) === undefined, "no proof");
      },
    },
    {
      name: "keys are kept by type, in order of insertion, once",
      run: () => {
        const keystore = create();
        insert(keystore, "babe", "//Bob", BOB);
        insert(keystore, "babe", "//Alice", ALICE);
        insert(keystore, "babe", "//Bob", BOB);
        insert(keystore, "para", "//Alice", ALICE);
        assert(describe(keystore.publicKeys("babe")) === describe([BOB, ALICE]), "Bob, then Alice");
        assert(describe(keystore.publicKeys("para")) === describe([ALICE]), "Alice");
        assert(keystore.has("babe", BOB) && !keystore.has("para", BOB), "Bob makes blocks only");
        assert(keystore.sign("para", BOB, MESSAGE) === undefined, "and signs nothing else");
      },
    },
    {
      name: "a key type has its scheme, unless another is named",
      run: () => {
        const keystore = create();
        insert(keystore, "babe", "//Alice", ALICE);
        insert(keystore, "gran", "//Alice", ALICE_ED25519);
        insert(keystore, "beef", "//Alice", ALICE_ECDSA);
        const inserted = keystore.insert("acco", "//Alice", "ed25519");
        assert(expectOk(inserted, "a good URI") === ALICE_ED25519, "the named scheme");
      },
    },
    {
      name: "signatures verify under their scheme and repeat",
      run: () => {
        const keystore = create();
        for (const [scheme, publicKey] of [
          ["sr25519", ALICE],
          ["ed25519", ALICE_ED25519],
          ["ecdsa", ALICE_ECDSA],
        ] as const) {
          keystore.insert("acco", "//Alice", scheme);
          const signature = keystore.sign("acco", publicKey, MESSAGE);
          assert(signature !== undefined, `a signature of ${scheme}`);
          assert(
            verifySignature({ scheme, publicKey, message: MESSAGE, signature }),
            `a good signature of ${scheme}`,
          );
          const again = keystore.sign("acco", publicKey, MESSAGE);
          assert(
            again !== undefined && equalBytes(again, signature),
            `the same again of ${scheme}`,
          );
        }
      },
    },
    {
      name: "hashes are signed with ECDSA keys only",
      run: () => {
        const keystore = create();
        const hash = keccak256(MESSAGE);
        keystore.insert("beef", "//Alice");
        keystore.insert("beef", "//Alice", "sr25519");
        const signature = keystore.signPrehashed("beef", ALICE_ECDSA, hash);
        assert(signature !== undefined, "a signature");
        const recovered = expectOk(ecdsaRecover(hash, signature), "of some key");
        assert(bytesToHex(recovered) === ALICE_ECDSA, "of Alice's key");
        assert(keystore.signPrehashed("beef", ALICE, hash) === undefined, "not with sr25519");
      },
    },
    {
      name: "VRFs are evaluated with sr25519 keys only, and prove their value",
      run: () => {
        const keystore = create();
        keystore.insert("asgn", "//Alice");
        keystore.insert("asgn", "//Alice", "ed25519");
        const transcript = new Transcript("test");
        const extra = new Transcript("extra");
        const value = keystore.vrfInOut("asgn", ALICE, transcript);
        const proof = keystore.vrfSign("asgn", ALICE, transcript, extra);
        assert(value !== undefined && proof !== undefined, "a value and a proof");
        const proven = vrfVerify(ALICE, transcript, proof, extra);
        assert(proven !== undefined && equalBytes(proven.output, value.output), "of that value");
        assert(vrfVerify(ALICE, transcript, proof) === undefined, "bound to the extra transcript");
        assert(keystore.vrfInOut("asgn", ALICE_ED25519, transcript) === undefined, "no value");
        assert(keystore.vrfSign("asgn", ALICE_ED25519, transcript) === undefined, "no proof");
      },
    },
    {
      name: "a bad secret URI is refused and inserts nothing",
      run: () => {
        const keystore = create();
        const inserted = keystore.insert("babe", "not a phrase");
        assert(!inserted.ok && inserted.error.code === "badPhrase", "refused");
        assert(keystore.publicKeys("babe").length === 0, "nothing inserted");
      },
    },
    {
      name: "a generated key is the random bytes' own and can sign",
      run: () => {
        const keystore = create();
        const publicKey = generateKey(keystore, "para", { fill: (target) => target.fill(1) });
        assert(
          publicKey === "0x189dac29296d31814dc8c56cf3d36a0543372bba7538fa322a4aebfebc39e056",
          "the key of the seed 32 times 1",
        );
        assert(keystore.sign("para", publicKey, MESSAGE) !== undefined, "signs");
      },
    },
  ];
}

function insert(
  keystore: Keystore,
  keyType: "babe" | "beef" | "gran" | "para",
  secretUri: string,
  expected: Hex,
): void {
  const inserted = expectOk(keystore.insert(keyType, secretUri), "a good URI");
  assert(inserted === expected, `${secretUri} under ${keyType} is ${inserted}, wanted ${expected}`);
}
