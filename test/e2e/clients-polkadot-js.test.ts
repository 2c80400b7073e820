/**
 * polkadot.js as it comes from npm, on a network in real time. Its types of `Paras`, `ParaInclusion` and
 * `Session` are those that it has generated from Polkadot's own metadata.
 */
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import "@polkadot/api-augment/polkadot";
import { ApiPromise, Keyring, type SubmittableResult, WsProvider } from "@polkadot/api";
import type { SubmittableExtrinsic } from "@polkadot/api/types";
import type { KeyringPair } from "@polkadot/keyring/types";
import type { ProviderInterface } from "@polkadot/rpc-provider/types";
import type { Header } from "@polkadot/types/interfaces";
import type { u32, u64 } from "@polkadot/types-codec";
import { eventually, LiveNetwork } from "./clients-network.ts";

/** A client that lost its server tries again after this time. */
const RECONNECT_MS = 250;
const LIMIT = { timeout: 60_000 };
const UNIT = 10_000_000_000n;

let network: LiveNetwork;
let api: ApiPromise;
let alice: KeyringPair;
let bob: KeyringPair;

before(async () => {
  network = await LiveNetwork.start();
  api = await ApiPromise.create({
    provider: new WsProvider(network.url, RECONNECT_MS) as ProviderInterface,
    noInitWarn: true,
  });
  const keyring = new Keyring({ type: "sr25519", ss58Format: 42 });
  alice = keyring.addFromUri("//Alice");
  bob = keyring.addFromUri("//Bob");
}, LIMIT);
after(async () => {
  await api.disconnect();
  await network.stop();
});

const free = async (who: string): Promise<bigint> =>
  (await api.query.system.account(who)).data.free.toBigInt();

/** Signs and submits, and waits until the block is final; all results on the way. */
function submit(
  extrinsic: SubmittableExtrinsic<"promise">,
  signer: KeyringPair,
): Promise<SubmittableResult[]> {
  const results: SubmittableResult[] = [];
  return new Promise((resolve, reject) => {
    extrinsic
      .signAndSend(signer, { nonce: -1 }, (result) => {
        results.push(result as SubmittableResult);
        if (result.isFinalized || result.isError) resolve(results);
      })
      .catch(reject);
  });
}

const lastOf = <T>(items: readonly T[]): T => items.at(-1) as T;

test("the client connects and knows the chain by its metadata", LIMIT, async () => {
  assert.equal(String(await api.rpc.system.chain()), "Local Testnet");
  assert.equal(api.runtimeVersion.specName.toString(), "parahost");
  assert.equal(api.runtimeMetadata.version, 16);
  assert.equal(api.registry.chainSS58, 42);
  assert.equal(api.genesisHash.toHex(), (await api.rpc.chain.getBlockHash(0)).toHex());
  assert.ok(api.consts.babe.expectedBlockTime.eqn(1000));
});

test("storage is read, watched and iterated at heads, and read at old blocks", LIMIT, async () => {
  const before = await free(bob.address);
  const seen: bigint[] = [];
  const unsubscribe = await api.query.system.account(bob.address, ({ data }) => {
    seen.push(data.free.toBigInt());
  });
  const old = await api.rpc.chain.getFinalizedHead();
  const results = await submit(api.tx.balances.transferKeepAlive(bob.address, UNIT), alice);
  await eventually(() => (lastOf(seen) === before + UNIT ? true : undefined));
  unsubscribe();
  assert.equal(seen[0], before);
  assert.ok(lastOf(results).isFinalized);

  const then = await api.at(old);
  assert.equal((await then.query.system.account(bob.address)).data.free.toBigInt(), before);
  const genesis = await api.at(api.genesisHash);
  assert.equal((await genesis.query.system.number()).toNumber(), 0);

  const accounts = await api.query.system.account.entries();
  const keys = await api.query.system.account.keys();
  assert.equal(accounts.length, keys.length);
  assert.ok(accounts.some(([key]) => key.args[0].toString() === alice.address));
  const both = await api.query.system.account.multi([alice.address, bob.address]);
  assert.equal(both[1]?.data.free.toBigInt(), before + UNIT);
  const [now, number] = await api.queryMulti<[u64, u32]>([
    api.query.timestamp.now,
    api.query.system.number,
  ]);
  assert.ok(now.toNumber() > 1_700_000_000_000 && number.toNumber() > 0);
  const size = await api.query.system.account.size(alice.address);
  assert.equal(size.toNumber(), 80);
  assert.equal((await api.query.system.account.hash(alice.address)).length, 32);
});

test("the runtime answers calls, typed by metadata", LIMIT, async () => {
  const validators = await api.call.parachainHost.validators();
  assert.equal(validators.length, 2);
  const nonce = await api.call.accountNonceApi.accountNonce(alice.address);
  assert.equal(nonce.toNumber(), (await api.query.system.account(alice.address)).nonce.toNumber());
  const version = await api.call.core.version();
  assert.equal(version.specName.toString(), "parahost");
});

test(
  "a transfer is followed to finality, its events are decoded, and its fee was told",
  LIMIT,
  async () => {
    const transfer = api.tx.balances.transferKeepAlive(bob.address, 3n * UNIT);
    const before = await free(alice.address);
    const results = await submit(transfer, alice);
    assert.deepEqual(
      results.map(({ status }) => status.type),
      ["Ready", "Broadcast", "InBlock", "Finalized"],
    );
    const last = lastOf(results);
    const block = last.status.asFinalized;
    const signed = (await api.rpc.chain.getBlock(block)).block;
    const names = signed.extrinsics.map(({ method }) => `${method.section}.${method.method}`);
    assert.ok(names.includes("timestamp.set") && names.includes("paraInherent.enter"));
    const index = last.txIndex ?? -1;
    assert.equal(names[index], "balances.transferKeepAlive");
    const included = signed.extrinsics[index];
    assert.ok(included !== undefined);
    // The price moves with every block: what counts is the one before.
    const then = await api.at(signed.header.parentHash);
    const { partialFee } = await then.call.transactionPaymentApi.queryInfo(
      included.toU8a(),
      included.encodedLength,
    );
    const paid = last.events.find(({ event }) =>
      api.events.transactionPayment.TransactionFeePaid.is(event),
    );
    assert.equal(String(paid?.event.data[1]), partialFee.toString());
    assert.equal(await free(alice.address), before - 3n * UNIT - partialFee.toBigInt());
    const moved = last.findRecord("balances", "Transfer")?.event.data;
    assert.deepEqual(moved?.map(String), [alice.address, bob.address, String(3n * UNIT)]);
    assert.ok(last.findRecord("system", "ExtrinsicSuccess"));
  },
);

test(
  "a failed call tells its error by name: the pallet's own, and the runtime's",
  LIMIT,
  async () => {
    const failing = await submit(api.tx.registrar.deregister(1000), bob);
    const { dispatchError } = lastOf(failing);
    assert.ok(dispatchError?.isModule);
    const meta = api.registry.findMetaError(dispatchError.asModule);
    assert.equal(`${meta.section}.${meta.name}`, "registrar.NotRegistered");
    assert.ok(lastOf(failing).findRecord("system", "ExtrinsicFailed"));

    const beyond = await submit(api.tx.balances.transferKeepAlive(alice.address, 10n ** 30n), bob);
    const { dispatchError: shortage } = lastOf(beyond);
    assert.equal(shortage?.isToken && shortage.asToken.type, "FundsUnavailable");
  },
);

test("refusals of the pool bear the codes of Polkadot's nodes", LIMIT, async () => {
  const refusal = async (send: Promise<unknown>): Promise<string> => {
    try {
      await send;
    } catch (error) {
      return String(error);
    }
    return "taken";
  };
  const transfer = api.tx.balances.transferKeepAlive(bob.address, 1n);
  assert.match(await refusal(transfer.signAndSend(alice, { nonce: 0 })), /1010: .*outdated/);
  const nonce = (await api.rpc.system.accountNextIndex(alice.address)).toNumber() + 5;
  const future = await transfer.signAsync(alice, { nonce });
  await api.rpc.author.submitExtrinsic(future);
  assert.match(await refusal(api.rpc.author.submitExtrinsic(future)), /1013: /);
  const poor = new Keyring({ type: "sr25519" }).addFromUri("//Nobody");
  assert.match(await refusal(transfer.signAndSend(poor)), /1010: .*Inability to pay/);
});

for (const scheme of ["ed25519", "ecdsa"] as const)
  test(`an account of ${scheme} signs, too`, LIMIT, async () => {
    const pair = new Keyring({ type: scheme, ss58Format: 42 }).addFromUri("//Carol");
    const gift = api.tx.balances.transferKeepAlive(pair.address, 5n * UNIT);
    assert.ok(lastOf(await submit(gift, alice)).isFinalized);
    const back = api.tx.balances.transferKeepAlive(alice.address, UNIT);
    const result = lastOf(await submit(back, pair));
    assert.ok(result.isFinalized && result.dispatchError === undefined);
    assert.ok((await free(pair.address)) < 4n * UNIT);
  });

test("heads come without gaps, best and finalized", LIMIT, async () => {
  const follow = async (
    subscribe: (listener: (header: Header) => void) => Promise<() => void>,
  ): Promise<number[]> => {
    const numbers: number[] = [];
    const unsubscribe = await subscribe(({ number }) => void numbers.push(number.toNumber()));
    await eventually(() => (numbers.length >= 6 ? true : undefined));
    unsubscribe();
    return numbers;
  };
  const [, finalized] = await Promise.all([
    // A fork may repeat a height; none is left out.
    follow((listener) => api.rpc.chain.subscribeNewHeads(listener)).then((numbers) => {
      const first = numbers[0] ?? 0;
      const reached = new Set(numbers);
      for (let at = first; at <= Math.max(...numbers); at++) assert.ok(reached.has(at), `#${at}`);
    }),
    follow((listener) => api.rpc.chain.subscribeFinalizedHeads(listener)),
  ]);
  finalized.forEach((number, index) => {
    assert.equal(number, (finalized[0] ?? 0) + index);
  });
  const { author } = await api.derive.chain.getHeader(await api.rpc.chain.getFinalizedHead());
  const validators = (await api.query.session.validators()).map(String);
  assert.ok(validators.includes(String(author)));
});

test("the parachains are told in Polkadot's own types", LIMIT, async () => {
  const paras = await api.query.paras.parachains();
  assert.deepEqual(
    paras.map((id) => id.toNumber()),
    [1000],
  );
  const head = await eventually(async () => {
    const found = await api.query.paras.heads(1000);
    return found.isSome ? found.unwrap() : undefined;
  });
  assert.equal(head.length, 132);
  const lifecycle = await api.query.paras.paraLifecycles(1000);
  assert.ok(lifecycle.unwrap().isParachain);
  const code = (await api.query.paras.currentCodeHash(1000)).unwrap();
  assert.ok((await api.query.paras.codeByHash(code)).unwrap().length > 100);
  const pending = await eventually(async () => {
    const found = await api.query.paraInclusion.v1(1000);
    return found.isSome ? found.unwrap() : undefined;
  });
  assert.equal(pending[0]?.descriptor.paraId.toNumber(), 1000);
  const info = await api.query.paraSessionInfo.sessions(await api.query.session.currentIndex());
  assert.equal(info.unwrap().validators.length, 2);
  const keys = await api.query.session.nextKeys((await api.query.session.validators())[0] ?? "");
  assert.ok(keys.isSome);
  const groups = await api.query.paraScheduler.validatorGroups();
  assert.ok(groups.length > 0);
  const config = await api.query.configuration.activeConfig();
  assert.ok(config.maxCodeSize.toNumber() > 0);

  const backed = await eventually(async () => {
    const events = await api.query.system.events();
    return events.find(({ event }) => api.events.paraInclusion.CandidateBacked.is(event));
  });
  assert.equal(api.events.paraInclusion.CandidateBacked.is(backed.event), true);
});

test("a new session is told as it begins", LIMIT, async () => {
  const sessions: number[] = [];
  const unsubscribe = await api.query.session.currentIndex((index) => {
    sessions.push(index.toNumber());
  });
  const announced = eventually(async () => {
    const events = await api.query.system.events();
    return events.find(({ event }) => api.events.session.NewSession.is(event));
  });
  await eventually(() => (sessions.length >= 2 ? true : undefined));
  unsubscribe();
  assert.equal(sessions[1], (sessions[0] ?? 0) + 1);
  assert.ok(await announced);
});

test(
  "a later version of the runtime is told, and signatures are for it from then on",
  LIMIT,
  async () => {
    const code = api.createType("RuntimeVersion", api.runtimeVersion.toJSON());
    const { specVersion } = api.runtimeVersion;
    const later = {
      ...code.toJSON(),
      specVersion: specVersion.toNumber() + 1,
      transactionVersion: 2,
    };
    const next = api.createType("RuntimeVersion", later).toHex();
    // No pallet of Polkadot's, so the generated types do not know it.
    const sudo = api.tx["sudo"]?.["sudo"];
    assert.ok(sudo !== undefined);
    const told = new Promise<number>((resolve) => {
      void api.rpc.state.subscribeRuntimeVersion((version) => {
        if (version.specVersion.gt(specVersion)) resolve(version.specVersion.toNumber());
      });
    });
    const results = await submit(sudo(api.tx.system.setCode(next)), alice);
    assert.ok(lastOf(results).findRecord("system", "CodeUpdated"));
    assert.equal(await told, specVersion.toNumber() + 1);
    await eventually(() => (api.runtimeVersion.specVersion.gt(specVersion) ? true : undefined));
    assert.equal(api.consts.system.version.transactionVersion.toNumber(), 2);
    const after = await submit(api.tx.balances.transferKeepAlive(bob.address, UNIT), alice);
    assert.ok(lastOf(after).isFinalized && lastOf(after).dispatchError === undefined);
  },
);

test(
  "a client whose server went away comes back, and its subscriptions with it",
  LIMIT,
  async () => {
    const numbers: number[] = [];
    await api.rpc.chain.subscribeNewHeads(({ number }) => void numbers.push(number.toNumber()));
    await eventually(() => (numbers.length > 1 ? true : undefined));
    const lost = new Promise((resolve) => api.once("disconnected", resolve));
    const back = new Promise((resolve) => api.once("connected", resolve));
    await Promise.all([network.restart(), lost, back]);
    const count = numbers.length;
    await eventually(() => (numbers.length > count + 1 ? true : undefined));
    assert.equal((await api.query.paras.parachains()).length, 1);
  },
);
