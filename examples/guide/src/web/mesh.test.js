import assert from "node:assert/strict";
import { test } from "node:test";

import { escape, rows, summary } from "./mesh.js";

test("rows are ordered by name and tell host and port apart", () => {
  assert.deepEqual(rows({ writer: "10.0.0.2:80", planner: "[::1]:7000" }), [
    { name: "planner", host: "[::1]", port: "7000" },
    { name: "writer", host: "10.0.0.2", port: "80" },
  ]);
});

test("an address without a port says so", () => {
  assert.deepEqual(rows({ planner: "localhost" }), [{ name: "planner", host: "localhost", port: "–" }]);
});

test("the summary counts one agent as one", () => {
  const health = { status: "ok", node: "n1", version: "1.4.0", agents: 1 };
  assert.equal(summary(health), "n1 (1.4.0) knows 1 agent");
  assert.equal(summary({ ...health, agents: 2 }), "n1 (1.4.0) knows 2 agents");
  assert.equal(summary({ ...health, status: "failing" }), "n1 is not well");
});

test("an agent's name cannot bring markup into the page", () => {
  assert.equal(escape(`<b title="x">&'`), "&#60;b title=&#34;x&#34;&#62;&#38;&#39;");
});
