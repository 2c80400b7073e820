import assert from "node:assert/strict";
import { test } from "node:test";
import { Command } from "commander";
import { addRpcOptions, type RpcFlags, rpcSettings } from "./rpc-options.ts";

const flagsOf = (...args: readonly string[]): RpcFlags =>
  addRpcOptions(new Command())
    .exitOverride()
    .configureOutput({ writeErr: () => undefined })
    .parse(args, { from: "user" })
    .opts<RpcFlags>();

test("unsafe methods are the owner's: on loopback by default, elsewhere by wish", () => {
  const unsafe = (isExternal: boolean, ...args: string[]) =>
    rpcSettings(flagsOf(...args), isExternal).allowUnsafe;
  assert.deepEqual([unsafe(false), unsafe(true)], [true, false]);
  assert.equal(unsafe(false, "--rpc-methods", "safe"), false);
  assert.equal(unsafe(true, "--rpc-methods", "unsafe"), true);
});

test("pages are named by their origin, or all of them", () => {
  const allowed = (...args: string[]) => rpcSettings(flagsOf(...args), false).allowed;
  assert.deepEqual(allowed(), { origins: [], hosts: [] });
  assert.deepEqual(allowed("--rpc-cors", "all").origins, "all");
  assert.deepEqual(allowed("--rpc-cors", "https://a.org,http://b.org:8080").origins, [
    "https://a.org",
    "http://b.org:8080",
  ]);
  assert.throws(() => flagsOf("--rpc-cors", "a.org"), /"a.org" is no origin such as/);
  assert.equal(rpcSettings(flagsOf(), true).allowed.hosts, "all");
});

test("limits are Polkadot's unless given", () => {
  const limits = (...args: string[]) => rpcSettings(flagsOf(...args), false).limits;
  const MIB = 1024 * 1024;
  assert.deepEqual(limits(), {
    connections: 100,
    subscriptions: 1024,
    messageBytes: 15 * MIB,
    answerLength: 32 * MIB,
  });
  assert.equal(limits("--rpc-max-connections", "2000").connections, 2000);
  assert.equal(limits("--rpc-max-request-size", "1").messageBytes, MIB);
  assert.throws(() => flagsOf("--rpc-max-connections", "0"), /from 1 to 100000/);
  assert.throws(() => flagsOf("--rpc-methods", "some"), /Allowed choices are/);
});
