import assert from "node:assert/strict";
import { test } from "node:test";
import { isAllowed, LOCAL_CALLERS } from "./origin.ts";

const host = "127.0.0.1:9944";

test("programs, pages of this machine and polkadot.js's are let in", () => {
  const origins = [
    undefined,
    "http://localhost:3000",
    "https://127.0.0.1",
    "http://[::1]:8080",
    "https://polkadot.js.org",
  ];
  for (const origin of origins) assert.ok(isAllowed(LOCAL_CALLERS, { origin, host }), origin);
  assert.ok(isAllowed(LOCAL_CALLERS, { host: "localhost" }));
  assert.ok(isAllowed(LOCAL_CALLERS, {}));
});

test("other pages are not, whatever they look like", () => {
  for (const origin of [
    "https://example.org",
    "https://localhost.example.org",
    "https://polkadot.js.org.example.org",
    "http://polkadot.js.org",
    "null",
    "",
  ])
    assert.equal(isAllowed(LOCAL_CALLERS, { origin, host }), false, origin);
});

test("a name that was bent to point here is not ours", () => {
  assert.equal(isAllowed(LOCAL_CALLERS, { host: "example.org:9944" }), false);
  assert.equal(isAllowed(LOCAL_CALLERS, { host: "" }), false);
  assert.ok(isAllowed({ origins: [], hosts: ["example.org"] }, { host: "example.org:9944" }));
  assert.ok(isAllowed({ origins: [], hosts: "all" }, { host: "example.org" }));
});

test("named origins are let in, or all of them", () => {
  const origin = "https://example.org";
  assert.ok(isAllowed({ origins: [origin], hosts: [] }, { origin, host }));
  assert.ok(isAllowed({ origins: "all", hosts: [] }, { origin, host }));
});
