import assert from "node:assert/strict";
import { test } from "node:test";
import { asParaId, headerHash } from "@parahost/primitives";
import { parseChainSpec, plainChainSpec, rawChainSpec } from "./chain-spec.ts";
import { developmentValidator, localGenesis } from "./development.ts";
import { buildGenesis, type GenesisConfig, tryBuildGenesis } from "./genesis.ts";

const info = { name: "Local", id: "local", chainType: "Local", bootNodes: [] } as const;

const config = localGenesis({
  validators: 3,
  paras: [
    {
      id: asParaId(2000),
      head: new Uint8Array([1, 2, 3]),
      code: new Uint8Array(40).fill(7),
      kind: "parachain",
    },
  ],
  slotMs: 2_000,
  epochSlots: 100,
});

test("genesis is the same however it is reached", () => {
  const genesis = buildGenesis(config);
  const hash = headerHash(genesis.header);
  assert.equal(headerHash(buildGenesis(config).header), hash);
  for (const text of [rawChainSpec(info, genesis), plainChainSpec(info, config)]) {
    const parsed = parseChainSpec(text);
    assert.ok(parsed.ok);
    assert.equal(headerHash(parsed.value.genesis.header), hash);
    assert.deepEqual(parsed.value.genesis.top, genesis.top);
    assert.equal(parsed.value.name, "Local");
  }
});

test("the raw form has only the fields that light clients admit", () => {
  const raw = JSON.parse(rawChainSpec(info, buildGenesis(config)));
  assert.deepEqual(Object.keys(raw), [
    "name",
    "id",
    "chainType",
    "bootNodes",
    "telemetryEndpoints",
    "protocolId",
    "properties",
    "codeSubstitutes",
    "genesis",
  ]);
  assert.deepEqual(Object.keys(raw.genesis.raw), ["top", "childrenDefault"]);
  assert.deepEqual(raw.properties, { ss58Format: 42, tokenDecimals: 10, tokenSymbol: "UNIT" });
});

test("the well-known accounts are Polkadot's", () => {
  // `//Alice//stash` and the keys of `//Alice`, as in every development network.
  const { account, keys } = developmentValidator(0);
  assert.equal(account, "0xbe5ddb1579b72e84524fc29e78609e3caf42e85aa118ebfe0b0ad404b5bdd25f");
  assert.equal(keys.babe, "0xd43593c715fdd31c61141abd04a99fd6822c8558854ccde39a5684e7a56da27d");
  assert.equal(keys.grandpa, "0x88dc3417d5058ec4b4503e0c12ea1a0a89be200fe98922423d4334014fa6b0ee");
  assert.equal(keys.beefy, "0x020a1091341fe5664bfa1782d5e04779689068c916b04cb365ec3153755684d9a1");
});

const refusal = (text: string) => {
  const parsed = parseChainSpec(text);
  assert.ok(!parsed.ok);
  return parsed.error;
};

/** The plain specification with one change. */
const changed = (change: (spec: Record<string, never>) => void): string => {
  const spec = JSON.parse(plainChainSpec(info, config));
  change(spec);
  return JSON.stringify(spec);
};

test("text that is not JSON is refused", () => {
  assert.equal(refusal("{").code, "notJson");
});

test("a missing or malformed field is refused by its path", () => {
  const cases: [string, (plain: Record<string, unknown>) => void][] = [
    ["slotDurationMs", (plain) => (plain["slotDurationMs"] = 0)],
    ["epochDuration", (plain) => (plain["epochDuration"] = "5")],
    ["babe", (plain) => (plain["babe"] = "0xzz")],
    ["validators", (plain) => (plain["validators"] = {})],
    ["validators[0].account", (plain) => (plain["validators"] = [{ account: "5Grw" }])],
    ["balances[0]", (plain) => (plain["balances"] = [[]])],
    ["sudo", (plain) => (plain["sudo"] = "nobody")],
    ["paras[0].id", (plain) => (plain["paras"] = [{ id: 0 }])],
    ["paras[0].kind", (plain) => (plain["paras"] = [{ id: 1, kind: "chain" }])],
  ];
  for (const [path, change] of cases) {
    const text = changed((spec) => change((spec["genesis"] as never)["parahost"]));
    const error = refusal(text);
    assert.ok(error.code === "badField");
    assert.equal(error.path, `genesis.parahost.${path}`);
  }
});

test("a value that does not decode is refused", () => {
  const text = changed((spec) => {
    const { parahost } = spec["genesis"] as unknown as Record<string, Record<string, string>>;
    assert.ok(parahost !== undefined);
    parahost["configuration"] = "0x00";
  });
  const error = refusal(text);
  assert.ok(error.code === "badEncoding");
  assert.equal(error.path, "genesis.parahost.configuration");
});

test("a genesis of an unknown form is refused", () => {
  const text = changed((spec) => {
    spec["genesis"] = { stateRootHash: "0x00" } as never;
  });
  assert.deepEqual(refusal(text), { code: "unsupportedGenesis" });
});

test("a raw genesis with child tries is refused", () => {
  const raw = JSON.parse(rawChainSpec(info, buildGenesis(config)));
  raw.genesis.raw.childrenDefault = { "0x00": {} };
  assert.deepEqual(refusal(JSON.stringify(raw)), { code: "unsupportedGenesis" });
});

// Beginnings that are refused

const codeOf = (change: Partial<GenesisConfig>): string => {
  const built = tryBuildGenesis({ ...config, ...change });
  assert.ok(!built.ok);
  return built.error.code;
};

test("a network needs two validators", () => {
  assert.equal(codeOf({ validators: config.validators.slice(0, 1) }), "tooFewValidators");
});

test("a validator is listed once", () => {
  const [first] = config.validators;
  assert.ok(first !== undefined);
  assert.equal(codeOf({ validators: [first, first] }), "validatorTwice");
});

test("a validator has a balance", () => {
  assert.equal(codeOf({ balances: config.balances.slice(0, 2) }), "validatorWithoutBalance");
});

test("no account begins with less than the existential deposit", () => {
  const [first, ...others] = config.balances;
  assert.ok(first !== undefined);
  assert.equal(codeOf({ balances: [[first[0], 1n], ...others] }), "belowExistentialDeposit");
});

test("a para is listed once, and within the configuration's bounds", () => {
  const [para] = config.paras;
  assert.ok(para !== undefined);
  assert.equal(codeOf({ paras: [para, para] }), "paraTwice");
  assert.equal(codeOf({ paras: [{ ...para, code: new Uint8Array(3) }] }), "paraOutOfBounds");
});
