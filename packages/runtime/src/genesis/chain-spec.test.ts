import assert from "node:assert/strict";
import { test } from "node:test";
import { asParaId, headerHash } from "@parahost/primitives";
import { parseChainSpec, plainChainSpec, rawChainSpec } from "./chain-spec.ts";
import { developmentValidator, localGenesis } from "./development.ts";
import { buildGenesis } from "./genesis.ts";

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

test("an id is part of paths, and a name is shown to people", () => {
  for (const [field, value] of [
    ["id", "../other"],
    ["id", ""],
    ["name", "a\u0007b"],
    ["name", "n".repeat(257)],
  ] as const) {
    const error = refusal(
      changed((spec) => {
        spec[field] = value as never;
      }),
    );
    assert.ok(error.code === "badField", field);
    assert.equal(error.path, field);
  }
});

test("the formula of the price of orders is one of two, if it is named", () => {
  const priced = { ...config, spotPriceModel: "documented" as const };
  const parsed = parseChainSpec(plainChainSpec(info, priced));
  assert.ok(parsed.ok);
  assert.equal(headerHash(parsed.value.genesis.header), headerHash(buildGenesis(priced).header));
  assert.notEqual(headerHash(buildGenesis(priced).header), headerHash(buildGenesis(config).header));
});
