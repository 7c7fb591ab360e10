// Whatever is no clear yes is a no.

import assert from "node:assert/strict";
import { test } from "node:test";

import { ApprovalPending, ArgumentsEdited, Client, PermissionDenied, ServiceUnavailable } from "agent-sudo-client";

import { answering } from "./answering.js";

const GOOD = {
  allowed: true,
  decision: "ALLOW",
  reason: "",
  evaluation_id: "x-1",
  approval: null,
  valid_until: "2999-01-01T00:00:00.000000Z",
};
const WAITS = { ...GOOD, allowed: false, decision: "REQUIRE_APPROVAL", approval: approval("pending") };

function approval(status, more = {}) {
  return { id: "ap_1", status, code: status, ...more };
}

function say(changes = {}, status = 200) {
  return { status, content: JSON.stringify({ ...GOOD, ...changes }) };
}

/** What `require` comes to where everything is answered so. */
function required(answer, settings = {}, call = { tool: "x" }, how = {}) {
  const make = typeof answer === "function" ? answer : () => answer;
  return answering(make, (url) => new Client({ url, key: "asudo_x", ...settings }).require(call, how));
}

test("an allow is a yes", async () => {
  assert.equal((await required(say())).allowed, true);
});

const { allowed: _, ...SILENT } = GOOD;
const NO_ANSWERS = {
  "an error of the server": say({}, 500),
  unavailable: say({}, 503),
  "a redirect": { ...say({}, 307), headers: { location: "/evaluate" } },
  "a redirect to nowhere": say({}, 302),
  "no content": { status: 204, content: "" },
  accepted: say({}, 202),
  nothing: { content: "" },
  "no JSON": { content: "<html>allowed</html>" },
  "half of it": { content: say().content.slice(0, -9) },
  "a list": { content: "[true]" },
  "allowed as a text": say({ allowed: "true" }),
  "allowed as a number": say({ allowed: 1 }),
  "no allowed": { content: JSON.stringify(SILENT) },
  "no time": say({ valid_until: "soon" }),
  "no evaluation": say({ evaluation_id: null }),
  "an approval of another shape": say({ approval: [] }),
  deep: { content: "[".repeat(1_000_000) },
  "no text": { content: Buffer.from([0xff, 0xfe, 0]) },
  "an error that says nothing": { status: 403, content: "no" },
};
for (const [kind, answer] of Object.entries(NO_ANSWERS)) {
  test(`${kind} is no answer of the service`, async () => {
    await assert.rejects(required(answer), (error) => error instanceof ServiceUnavailable && /nothing is/.test(error.message));
  });
}

const NOS = {
  "an allow that is over": [say({ valid_until: "2020-01-01T00:00:00.000000Z" }), PermissionDenied, "too_late"],
  "said twice, first no": [{ content: `{"allowed":false,${say().content.slice(1)}` }, PermissionDenied, "denied"],
  "said twice, last no": [{ content: say().content.replace(/}$/, ',"allowed":false}') }, PermissionDenied, "denied"],
  "allowed not said first": [{ content: `{"decision":"ALLOW",${say().content.slice(1)}` }, PermissionDenied, "denied"],
  "a person's no": [say({ allowed: false, approval: approval("denied") }), PermissionDenied, "denied"],
  "what waits for a person": [say(WAITS), ApprovalPending, "approval_pending"],
  "a refusal": [{ status: 403, content: '{"code":"actor_mismatch","detail":"no"}' }, PermissionDenied, "actor_mismatch"],
  "too often": [{ status: 429, content: '{"code":"rate_limited","detail":"later"}' }, ServiceUnavailable, "rate_limited"],
};
for (const [kind, [answer, error, code]] of Object.entries(NOS)) {
  test(`${kind} is a no that says why`, async () => {
    await assert.rejects(required(answer), (raised) => raised.constructor === error && raised.code === code);
  });
}

test("other arguments are told, and are not those that were asked about", async () => {
  const edited = { allowed: false, approval: approval("approved", { code: "edited", edited_arguments: { a: 2 } }) };
  await assert.rejects(required(say(edited)), (error) => error instanceof ArgumentsEdited && error.arguments.a === 2);
});

test("an allow is over after five seconds, by whichever clock", async (context) => {
  const decision = await required(say());
  const now = performance.now();
  context.mock.method(performance, "now", () => now + 5_001);
  assert.equal(decision.allowed, false);
  assert.throws(() => decision.require(), { code: "too_late" });
});

test("a service that does not answer in time is a no", async () => {
  const never = new Promise(() => {});
  await assert.rejects(required(() => never, { timeoutMs: 50 }), { code: "unreachable" });
});

test("a service that is gone is a no, and no error tells the key", async () => {
  const gone = await answering(() => say(), (url) => url);
  await assert.rejects(new Client({ url: gone, key: "asudo_x" }).require({ tool: "x" }), (error) => {
    return error instanceof ServiceUnavailable && !`${error.stack} ${error.cause}`.includes("asudo_x");
  });
});

test("without a key nothing is asked", async () => {
  await assert.rejects(required(say(), { key: "" }), { code: "no_key" });
});

test("a person's yes is evaluated anew, with what was asked about at first", async () => {
  const call = { tool: "x", arguments: { to: "ann" } };
  const answer = ({ path, body }, count) => {
    if (count === 1) return say(WAITS);
    call.arguments.to = "eve";
    if (path.startsWith("/approvals/ap_1?wait=")) return { content: JSON.stringify(approval("approved")) };
    return say({ reason: body });
  };
  const decision = await required(answer, {}, call, { waitMs: 30_000 });
  assert.deepEqual(JSON.parse(decision.reason).arguments, { to: "ann" });
});

test("nobody's answer in time is a no", async () => {
  await answering(() => ({ content: JSON.stringify(approval("pending")) }), async (url) => {
    await assert.rejects(new Client({ url, key: "asudo_x" }).wait("ap_1", 0), ApprovalPending);
  });
});

test("a name cannot lead to another route", async () => {
  await answering(() => say(), async (url, asked) => {
    const client = new Client({ url, key: "asudo_x" });
    for (const name of ["", ".", ".."]) await assert.rejects(client.wait(name, 0), { code: "no_such_thing" });
    await client.outcome("../healthz?x=#", { status: "ok", duration_ms: 3 });
    assert.deepEqual(asked.map(({ path }) => path), ["/evaluations/..%2Fhealthz%3Fx%3D%23/outcome"]);
  });
});

test("which tools are denied whatever is asked is told, or is not known", async () => {
  const tools = ["a", "b/c"];
  await answering(() => ({ content: '{"denied":["b/c"]}' }), async (url, asked) => {
    assert.deepEqual(await new Client({ url, key: "asudo_x" }).deniedTools(tools), ["b/c"]);
    assert.deepEqual(asked.map(({ method, path, body }) => [method, path, JSON.parse(body)]), [["POST", "/tools/denied", { tools }]]);
  });
  for (const content of ["{}", '{"denied":{}}', '{"denied":[1]}']) {
    await answering(() => ({ content }), async (url) => {
      await assert.rejects(new Client({ url, key: "asudo_x" }).deniedTools(tools), ServiceUnavailable);
    });
  }
});

test("where it would happen is always sent, unless the call says it", async () => {
  await answering(() => say(), async (url, asked) => {
    const client = new Client({ url, key: "asudo_x" });
    await client.require({ tool: "x" });
    await client.evaluate({ tool: "x", cwd: "/there" }, { dryRun: true, waitMs: 90_000 });
    const [first, second] = asked.map(({ body }) => JSON.parse(body));
    assert.equal(first.cwd, process.cwd());
    assert.ok(first.home);
    assert.equal(second.cwd, "/there");
    assert.equal(second.dry_run, true);
    assert.equal(second.wait_ms, 60_000);
    assert.equal(asked[0].headers.authorization, "Bearer asudo_x");
  });
});

const ENDLESS = [];
ENDLESS.push(ENDLESS);
const UNFIT = [NaN, Infinity, 1n, Symbol("x"), () => 1, new Map(), new (class Box {})(), "\ud800", [undefined], [, 1], ENDLESS];
for (const value of [...UNFIT, { [Symbol("x")]: 1 }, { "\ud800": 1 }, new Date(NaN)]) {
  test(`what cannot be shown whole is not asked: ${typeof value}`, async () => {
    await answering(() => say(), async (url, asked) => {
      const call = { tool: "x", arguments: { value } };
      await assert.rejects(new Client({ url, key: "asudo_x" }).require(call), { code: "not_json" });
      assert.equal(asked.length, 0);
    });
  });
}

test("what can be shown means the same", async () => {
  const given = { ...JSON.parse('{"__proto__":{"a":[1,2.5,null,true]}}'), at: new Date(0), "ü\u0000\n": "\u2028😀" };
  await answering(() => say(), async (url, asked) => {
    await new Client({ url, key: "asudo_x" }).require({ tool: "x", arguments: { ...given, left_out: undefined } });
    assert.equal(JSON.stringify(JSON.parse(asked[0].body).arguments), JSON.stringify(given));
  });
});

for (const url of ["ftp://x", "127.0.0.1:8787", "http://a:b@127.0.0.1/", "http://127.0.0.1/?x=1"]) {
  test(`${url} is no address of a service`, () => {
    assert.throws(() => new Client({ url, key: "asudo_x" }), TypeError);
  });
}

const LOST = {
  "with retry": [{ retry: true }, {}],
  "and people are waited for": [{}, { waitMs: 1 }],
};
for (const [kind, [settings, how]] of Object.entries(LOST)) {
  test(`what was lost is sent once more by the same name, ${kind}`, async () => {
    await answering((_, count) => (count === 1 ? undefined : say()), async (url, asked) => {
      assert.equal((await new Client({ url, key: "asudo_x", ...settings }).evaluate({ tool: "x" }, how)).allowed, true);
      assert.equal(asked.length, 2);
      assert.match(asked[0].headers["idempotency-key"], /^[!-~]{16,128}$/);
      assert.equal(asked[1].headers["idempotency-key"], asked[0].headers["idempotency-key"]);
      assert.equal(asked[1].body, asked[0].body);
    });
  });
}

const NOT_SENT_AGAIN = {
  "what has no name": [{}, () => undefined, 1],
  "what was lost twice": [{ retry: true }, () => undefined, 2],
  "what was answered with an error": [{ retry: true }, () => say({}, 503), 1],
  "what was answered with a redirect": [{ retry: true }, () => ({ ...say({}, 307), headers: { location: "/evaluate" } }), 1],
  "what took too long": [{ retry: true, timeoutMs: 50 }, () => new Promise(() => {}), 1],
};
for (const [kind, [settings, answer, times]] of Object.entries(NOT_SENT_AGAIN)) {
  test(`${kind} is not sent again`, async () => {
    await answering(answer, async (url, asked) => {
      await assert.rejects(new Client({ url, key: "asudo_x", ...settings }).require({ tool: "x" }), ServiceUnavailable);
      // What is given up in time may not have arrived.
      assert.ok(asked.length === times || (settings.timeoutMs && !asked.length));
    });
  });
}

test("each evaluation has a name of its own, and none without need", async () => {
  await answering(() => say(), async (url, asked) => {
    const named = new Client({ url, key: "asudo_x", retry: true });
    for (let count = 0; count < 3; count++) await named.require({ tool: "x" });
    await new Client({ url, key: "asudo_x" }).require({ tool: "x" });
    const names = asked.map((one) => one.headers["idempotency-key"]);
    assert.equal(new Set(names).size, 4);
    assert.equal(names[3], undefined);
  });
});

test("what a person said yes to is asked about by a name", async () => {
  const answers = [say(WAITS), { content: JSON.stringify(approval("approved")) }, undefined, say()];
  await answering((_, count) => answers[count - 1], async (url, asked) => {
    await new Client({ url, key: "asudo_x" }).require({ tool: "x" }, { waitMs: 30_000 });
    const names = asked.map((one) => one.headers["idempotency-key"]);
    assert.deepEqual(names.slice(0, 2), [undefined, undefined]);
    assert.ok(names[2] && names[2] === names[3]);
  });
});
