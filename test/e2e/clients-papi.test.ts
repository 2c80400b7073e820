/**
 * PAPI as it comes from npm, on a network in real time: its generator of types from our metadata, a
 * program that is typed by them, and the client itself, by the newer methods and by the older ones.
 */
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { pathToFileURL } from "node:url";
import { promisify } from "node:util";
import { Keyring } from "@polkadot/keyring";
import { cryptoWaitReady } from "@polkadot/util-crypto";
import {
  type ChainDefinition,
  CompatibilityLevel,
  createClient,
  Enum,
  type PolkadotClient,
  type PolkadotSigner,
  type TxEvent,
} from "polkadot-api";
import { getPolkadotSigner } from "polkadot-api/signer";
import { getWsProvider } from "polkadot-api/ws";
import { filter, firstValueFrom, type Observable, scan, take, takeWhile, toArray } from "rxjs";
import { eventually, LiveNetwork } from "./clients-network.ts";

const root = join(import.meta.dirname, "../..");
/** Generating and compiling the types takes most of it, on a busy machine. */
const LIMIT = { timeout: 170_000 };
const UNIT = 10_000_000_000n;

let network: LiveNetwork;
let client: PolkadotClient;
/** Of a project that uses PAPI. */
let project: string;
/** What the generator made: of our chain, and of Polkadot from metadata that polkadot.js ships. */
let descriptors: { readonly local: ChainDefinition; readonly polkadot: ChainDefinition };

before(async () => {
  await cryptoWaitReady();
  network = await LiveNetwork.start();
  project = mkdtempSync(join(tmpdir(), "parahost-papi-"));
  await generate();
  descriptors = await import(pathToFileURL(join(project, ".papi/descriptors/dist/index.js")).href);
  client = createClient(getWsProvider(network.url));
}, LIMIT);
after(async () => {
  client?.destroy();
  rmSync(project, { recursive: true, force: true });
  await network.stop();
});

/**
 * Runs `papi add` and `papi generate` as a project does. The generator needs TypeScript 6, which lies
 * beside it, where one of its own dependencies does not look.
 */
async function generate(): Promise<void> {
  mkdirSync(join(project, "node_modules"));
  mkdirSync(join(project, ".papi"));
  for (const name of ["polkadot-api", "@polkadot-api", "@polkadot"])
    symlinkSync(join(root, "node_modules", name), join(project, "node_modules", name));
  writeFileSync(join(project, "package.json"), '{ "name": "dapp", "type": "module" }');
  writeFileSync(
    join(project, "beside.mjs"),
    `import { createRequire, registerHooks } from "node:module";
const cli = createRequire(${JSON.stringify(join(root, "node_modules/@polkadot-api/cli/package.json"))});
registerHooks({
  resolve: (name, context, next) =>
    next(name === "typescript" && context.parentURL?.includes("tsc-prog") ? cli.resolve(name) : name, context),
});`,
  );
  writeFileSync(
    join(project, ".papi/polkadot-api.json"),
    JSON.stringify({
      version: 0,
      descriptorPath: ".papi/descriptors",
      options: { noDescriptorsPackage: true },
      entries: {},
    }),
  );
  const { default: polkadot } = (await import(
    "@polkadot/types-support/metadata/v15/polkadot-hex"
  )) as { default: string };
  // As the runtime answers: an option of bytes, which begin with their length.
  writeFileSync(join(project, "polkadot.scale"), Buffer.from(polkadot.slice(2), "hex").subarray(5));
  const papi = (...args: readonly string[]) =>
    promisify(execFile)(
      process.execPath,
      ["--import", "./beside.mjs", join(root, "node_modules/polkadot-api/bin/cli.js"), ...args],
      { cwd: project },
    );
  await papi("add", "local", "--wsUrl", network.url, "--skip-codegen");
  await papi("add", "polkadot", "--file", "polkadot.scale", "--skip-codegen");
  await papi("generate");
}

function signerOf(uri: string, type: "sr25519" | "ed25519" | "ecdsa" = "sr25519") {
  const pair = new Keyring({ type, ss58Format: 42 }).addFromUri(uri);
  const scheme = ({ sr25519: "Sr25519", ed25519: "Ed25519", ecdsa: "Ecdsa" } as const)[type];
  const signer = getPolkadotSigner(pair.addressRaw, scheme, (payload) => pair.sign(payload));
  return { signer, address: pair.address };
}

const api = () => client.getTypedApi(descriptors.local);

const freeOf = async (who: string): Promise<bigint> => {
  const account = (await api().query["System"]?.["Account"]?.getValue(who, { at: "best" })) as {
    readonly data: { readonly free: bigint };
  };
  return account.data.free;
};

const transferTo = (who: string, value: bigint) => {
  const call = api().tx["Balances"]?.["transfer_keep_alive"];
  assert.ok(call !== undefined);
  return call({ dest: Enum("Id", who), value });
};

/** Everything that becomes of a transaction, until it is final. */
const follow = (sent: Observable<TxEvent>): Promise<TxEvent[]> =>
  firstValueFrom(sent.pipe(toArray()));

test("a program typed by our metadata compiles, and does what its types say", LIMIT, async () => {
  writeFileSync(join(project, "main.ts"), PROGRAM);
  const tsc = join(root, "node_modules/typescript/bin/tsc");
  const flags = ["--noEmit", "--strict", "--skipLibCheck", "--target", "es2022"];
  await promisify(execFile)(
    process.execPath,
    [tsc, ...flags, "--module", "esnext", "--moduleResolution", "bundler", "main.ts"],
    { cwd: project },
  );
  const { stdout } = await promisify(execFile)(process.execPath, ["main.ts", network.url], {
    cwd: project,
  });
  const said = JSON.parse(stdout) as Record<string, unknown>;
  assert.deepEqual(said, { paras: [1000], headBytes: 132, lifecycle: "Parachain", validators: 2 });
});

/** Each assignment to a typed name is a statement about the generated types. */
const PROGRAM = `import { createClient } from "polkadot-api";
import { getWsProvider } from "polkadot-api/ws";
import { local } from "./.papi/descriptors/dist/index.js";

const [url = ""] = (globalThis as unknown as { process: { argv: string[] } }).process.argv.slice(2);
const client = createClient(getWsProvider(url));
const api = client.getTypedApi(local);
const paras: number[] = await api.query.Paras.Parachains.getValue();
const head: Uint8Array | undefined = await api.query.Paras.Heads.getValue(1000);
const lifecycle = await api.query.Paras.ParaLifecycles.getValue(1000);
const kind: "Onboarding" | "Parathread" | "Parachain" | undefined | string = lifecycle?.type;
const pending = await api.query.ParaInclusion.V1.getValue(1000);
const descriptor: number | undefined = pending?.[0]?.descriptor.para_id;
const session: number = await api.query.Session.CurrentIndex.getValue();
const validators: string[] = await api.query.Session.Validators.getValue();
const answered: string[] = await api.apis.ParachainHost.validators();
// @ts-expect-error a para id is a number
void (() => api.query.Paras.Heads.getValue("1000"));
if (session < 0 || (descriptor ?? 1000) !== 1000) throw new Error("not what the types say");
(globalThis as unknown as { console: { log(text: string): void } }).console.log(
  JSON.stringify({ paras, headBytes: head?.length, lifecycle: kind, validators: Math.max(validators.length, answered.length) }),
);
client.destroy();
`;

test("what the chain shares with Polkadot is typed as Polkadot's is", LIMIT, async () => {
  const { compat } = await client.getTypedApi(descriptors.polkadot).getStaticApis();
  const { local } = descriptors;
  const own = (await client.getTypedApi(local).getStaticApis()).compat;
  const differing: string[] = [];
  for (const pallet of ["Paras", "ParaInclusion", "Session", "ParaSessionInfo", "Babe", "Balances"])
    for (const [item, { value, args }] of Object.entries(compat.query[pallet] ?? {}) as [
      string,
      { args: { level: number }; value: { level: number } },
    ][]) {
      if (own.query[pallet]?.[item] === undefined) continue;
      if (args.level < CompatibilityLevel.BackwardsCompatible) differing.push(`${pallet}.${item}`);
      if (value.level < CompatibilityLevel.BackwardsCompatible) differing.push(`${pallet}.${item}`);
    }
  assert.deepEqual(differing, []);
  const calls = compat.tx["Balances"] as Record<string, { readonly level: number }>;
  for (const call of ["transfer_keep_alive", "transfer_all", "force_set_balance"])
    assert.equal(calls[call]?.level, CompatibilityLevel.Identical, call);
});

test("storage is read, watched and iterated at heads, and read at old blocks", LIMIT, async () => {
  const { address } = signerOf("//Bob");
  const before = await freeOf(address);
  const old = await client.getFinalizedBlock();
  const account = api().query["System"]?.["Account"];
  assert.ok(account !== undefined);
  const watched = firstValueFrom(
    account.watchValue(address, { at: "best" }).pipe(
      scan(
        (values, { value }) => [...values, (value as { data: { free: bigint } }).data.free],
        [] as bigint[],
      ),
      takeWhile((values) => values.at(-1) !== before + UNIT, true),
      toArray(),
    ),
  );
  await transferTo(address, UNIT).signAndSubmit(signerOf("//Alice").signer);
  assert.equal((await watched).at(-1)?.[0], before);
  const entries = await account.getEntries();
  assert.ok(entries.some(({ keyArgs }) => keyArgs[0] === address));
  const then = (await account.getValue(address, { at: old.hash })) as { data: { free: bigint } };
  assert.equal(then.data.free, before);
  // Let go of long ago: the archive answers.
  const [genesis] = await client._request<string[]>("archive_v1_hashByHeight", [0]);
  const number = await api().query["System"]?.["Number"]?.getValue({ at: genesis ?? "" });
  assert.equal(number, 0);
  const heads = api().query["Paras"]?.["Heads"];
  assert.ok(heads !== undefined);
  const { entries: first } = await firstValueFrom(heads.watchEntries().pipe(take(1)));
  assert.equal(first.length, 1);
});

test(
  "a transfer is followed to finality, its events are decoded, and its fee was told",
  LIMIT,
  async () => {
    const alice = signerOf("//Alice");
    const bob = signerOf("//Bob");
    const transfer = transferTo(bob.address, 3n * UNIT);
    const before = await freeOf(alice.address);
    const estimate = await transfer.getEstimatedFees(alice.address);
    const events = await follow(transfer.signSubmitAndWatch(alice.signer));
    const types = events.map(({ type }) => type);
    assert.deepEqual([types[0], types[1], types.at(-1)], ["signed", "broadcasted", "finalized"]);
    const last = events.at(-1);
    assert.ok(last?.type === "finalized" && last.ok);
    const moved = last.events.find(
      ({ type, value }) => type === "Balances" && value.type === "Transfer",
    );
    assert.deepEqual(moved?.value.value, {
      from: alice.address,
      to: bob.address,
      amount: 3n * UNIT,
    });
    // The price moves with every block: what counts is the one before. The estimate was asked earlier.
    const { parentHash } = await client.getBlockHeader(last.block.hash);
    const body = await client.getBlockBody(last.block.hash);
    const included = body[last.block.index];
    assert.ok(included !== undefined);
    // The client writes the length itself, which takes two bytes of those in the body.
    const queryInfo = api().apis["TransactionPaymentApi"]?.["query_info"];
    const info = await queryInfo?.(included.subarray(2), included.length, { at: parentHash });
    const fee = (info as { partial_fee: bigint }).partial_fee;
    assert.ok(estimate - fee < fee / 1000n && fee - estimate < fee / 1000n);
    const paid = last.events.find(({ type }) => type === "TransactionPayment")?.value.value;
    assert.equal((paid as { actual_fee: bigint }).actual_fee, fee);
    assert.equal(await freeOf(alice.address), before - 3n * UNIT - fee);
  },
);

test("a failed call tells its error by name, and a refused one why", LIMIT, async () => {
  const { signer } = signerOf("//Bob");
  const deregister = api().tx["Registrar"]?.["deregister"];
  assert.ok(deregister !== undefined);
  const failed = await deregister({ id: 1000 }).signAndSubmit(signer);
  assert.equal(failed.ok, false);
  assert.deepEqual(failed.dispatchError, {
    type: "Module",
    value: { type: "Registrar", value: { type: "NotRegistered", value: undefined } },
  });
  const stale = transferTo(signerOf("//Alice").address, 1n).signAndSubmit(signer, { nonce: 0 });
  await assert.rejects(stale, ({ error }: { error: unknown }) => {
    assert.deepEqual(error, { type: "Invalid", value: { type: "Stale", value: undefined } });
    return true;
  });
});

for (const scheme of ["ed25519", "ecdsa"] as const)
  test(`an account of ${scheme} signs, too`, LIMIT, async () => {
    const other = signerOf("//Dave", scheme);
    const alice = signerOf("//Alice");
    await transferTo(other.address, 5n * UNIT).signAndSubmit(alice.signer);
    const back = await transferTo(alice.address, UNIT).signAndSubmit(
      other.signer as PolkadotSigner,
    );
    assert.ok(back.ok);
  });

test("blocks come without gaps, and a new session is told", LIMIT, async () => {
  const newSession = api().event["Session"]?.["NewSession"];
  assert.ok(newSession !== undefined);
  const session = firstValueFrom(
    newSession.watch().pipe(
      filter(({ events }) => events.length > 0),
      take(1),
    ),
  );
  const [blocks, bests] = await Promise.all([
    firstValueFrom(client.finalizedBlock$.pipe(take(6), toArray())),
    firstValueFrom(client.bestBlocks$.pipe(take(6), toArray())),
  ]);
  // Each time all blocks from the best one down to the finalized one.
  for (const chain of bests)
    chain.forEach(({ number, parent }, index) => {
      const below = chain[index + 1];
      if (below !== undefined) assert.deepEqual([number, parent], [below.number + 1, below.hash]);
    });
  const reached = new Set(bests.flat().map(({ number }) => number));
  assert.equal(reached.size, Math.max(...reached) - Math.min(...reached) + 1);
  blocks.forEach(({ number, parent }, index) => {
    const before = blocks[index - 1];
    if (before === undefined) return;
    assert.equal(number, before.number + 1);
    assert.equal(parent, before.hash);
  });
  assert.equal((await session).events.length, 1);
});

test("a client that knows only the older methods reads, signs and submits", LIMIT, async () => {
  const inner = getWsProvider(network.url);
  const legacy = createClient((onMessage, ...rest) => {
    const hidden = /^(chainHead|transaction|chainSpec|archive)_v1_/;
    return inner(
      (message) => {
        const { result } = message as { result?: { methods?: string[] } };
        if (Array.isArray(result?.methods))
          result.methods = result.methods.filter((name) => !hidden.test(name));
        onMessage(message);
      },
      ...rest,
    );
  });
  const typed = legacy.getTypedApi(descriptors.local);
  const call = typed.tx["Balances"]?.["transfer_keep_alive"];
  const { address } = signerOf("//Bob");
  const done = await call?.({ dest: Enum("Id", address), value: UNIT }).signAndSubmit(
    signerOf("//Alice").signer,
  );
  assert.ok(done?.ok);
  legacy.destroy();
});

test(
  "a later version of the runtime is told, and signatures are for it from then on",
  LIMIT,
  async () => {
    const version = api().constants["System"]?.["Version"];
    const setCode = api().tx["System"]?.["set_code"];
    const sudo = api().tx["Sudo"]?.["sudo"];
    assert.ok(version !== undefined && setCode !== undefined && sudo !== undefined);
    const before = (await version()) as { spec_version: number };
    const encoded = await client._request<string>("state_call", ["Core_version", "0x"]);
    const code = Buffer.from(encoded.slice(2), "hex");
    // Two names of eight letters with their lengths, the authoring version, then the spec version.
    code.writeUInt32LE(before.spec_version + 1, 2 * 9 + 4);
    const call = setCode({ code: new Uint8Array(code) }).decodedCall;
    const done = await sudo({ call }).signAndSubmit(signerOf("//Alice").signer);
    assert.ok(done.ok);
    const after = (await version()) as { spec_version: number };
    assert.equal(after.spec_version, before.spec_version + 1);
    const sent = await transferTo(signerOf("//Bob").address, UNIT).signAndSubmit(
      signerOf("//Alice").signer,
    );
    assert.ok(sent.ok);
  },
);

test("a client whose server went away comes back", LIMIT, async () => {
  const seen: number[] = [];
  const subscription = client.finalizedBlock$.subscribe(({ number }) => void seen.push(number));
  await eventually(() => (seen.length > 0 ? true : undefined));
  await network.restart();
  const count = seen.length;
  await eventually(() => (seen.length > count + 2 ? true : undefined));
  subscription.unsubscribe();
  assert.ok((await freeOf(signerOf("//Alice").address)) > 0n);
});
