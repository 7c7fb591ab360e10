// The service, asked with an agent's key.

import { body } from "./call.js";
import { Decision } from "./decision.js";
import { ApprovalPending, PermissionDenied, ServiceUnavailable } from "./errors.js";
import { encode, read } from "./json.js";

/** @import { Call } from "./call.js" */
/** @import { ApprovalAnswer, Outcome } from "../types/wire.js" */

/** @typedef {{ text: string, document: Record<string, any>, asked: number }} Said */

const HERE = "http://127.0.0.1:8787";
// The longest that the service holds an answer open while a person decides.
const LONGEST_WAIT_MS = 60_000;

/**
 * The service at `url`, asked with an agent's `key`; `AGENT_SUDO_URL` and `AGENT_SUDO_KEY` where they are left out.
 *
 * With `retry`, every evaluation whose answer was lost is sent once more, and counts once; without, what waits for people.
 * An answer that does not come within `timeoutMs` is a no.
 */
export class Client {
  #url;
  #key;
  #timeoutMs;
  #retry;

  /** @param {{ url?: string, key?: string, timeoutMs?: number, retry?: boolean }} [settings] */
  constructor({ url, key, timeoutMs = 10_000, retry = false } = {}) {
    const given = new URL(url ?? variable("AGENT_SUDO_URL") ?? HERE);
    const plain = !given.username && !given.password && !given.search && !given.hash;
    if (!["http:", "https:"].includes(given.protocol) || !plain) {
      throw new TypeError("The service's address is http://HOST:PORT or https://HOST:PORT.");
    }
    this.#url = given.href.replace(/\/+$/, "");
    this.#key = key ?? variable("AGENT_SUDO_KEY");
    this.#timeoutMs = timeoutMs;
    this.#retry = retry;
  }

  /**
   * The service's decision about a call. With `waitMs`, it is held back up to a minute while a person decides.
   *
   * Throws ServiceUnavailable where there is none, PermissionDenied where the request was not taken.
   *
   * @param {Call} call
   * @param {{ waitMs?: number, dryRun?: boolean }} [how]
   * @returns {Promise<Decision>}
   */
  async evaluate(call, { waitMs = 0, dryRun = false } = {}) {
    return this.#decided(body(call, { dryRun, waitMs: held(waitMs) }), held(waitMs), held(waitMs) > 0);
  }

  /**
   * The decision, if and only if the call may run now; people are given up to `waitMs` to approve.
   *
   * Throws PermissionDenied: ApprovalPending, ArgumentsEdited and ServiceUnavailable are kinds of it.
   *
   * @param {Call} call
   * @param {{ waitMs?: number }} [how]
   * @returns {Promise<Decision>}
   */
  async require(call, { waitMs = 0 } = {}) {
    // INVARIANT: what is asked about again is what was asked about first, whatever became of the object meanwhile.
    const asking = body(call, {});
    const until = performance.now() + waitMs;
    let decision = await this.#decided(asking, 0, false);
    // A person's answer is no decision: whatever was answered, the call is evaluated anew.
    for (let id = decision.waitsFor; id && until > performance.now(); id = decision.waitsFor) {
      await this.wait(id, until - performance.now());
      decision = await this.#decided(asking, 0, true);
    }
    return decision.require();
  }

  /**
   * The approval once a person has answered it. Throws ApprovalPending when nobody has after `waitMs`.
   *
   * @param {string} approvalId
   * @param {number} waitMs
   * @returns {Promise<ApprovalAnswer>}
   */
  async wait(approvalId, waitMs) {
    const until = performance.now() + waitMs;
    for (;;) {
      const seconds = Math.round(held(until - performance.now()) / 1_000);
      const path = `/approvals/${part(approvalId)}?wait=${seconds}`;
      const { document } = await this.#send("GET", path, undefined, seconds * 1_000);
      if (typeof document["id"] !== "string" || typeof document["status"] !== "string") throw unreadable();
      if (document["status"] !== "pending") {
        return /** @type {ApprovalAnswer} */ (/** @type {unknown} */ (document));
      }
      if (!seconds || performance.now() >= until) {
        const where = document["url"] ? ` They can do so at ${document["url"]}` : "";
        throw new ApprovalPending(`A person must approve this, and nobody has answered yet.${where}`, "approval_pending");
      }
    }
  }

  /**
   * Report how the tool went. `error` is a kind, such as TypeError: never a text.
   *
   * @param {string} evaluationId
   * @param {Outcome} outcome
   * @returns {Promise<void>}
   */
  async outcome(evaluationId, outcome) {
    await this.#send("POST", `/evaluations/${part(evaluationId)}/outcome`, encode(outcome), 0);
  }

  /**
   * Those of up to 1,000 tools that are denied whatever they are called with: they need not be shown. No decision.
   *
   * Throws PermissionDenied, ServiceUnavailable.
   *
   * @param {readonly string[]} tools
   * @returns {Promise<string[]>}
   */
  async deniedTools(tools) {
    const { document } = await this.#send("POST", "/tools/denied", encode({ tools }), 0);
    const denied = document["denied"];
    if (!Array.isArray(denied) || denied.some((one) => typeof one !== "string")) throw unreadable();
    return denied;
  }

  /**
   * @param {string} asking
   * @param {number} patience
   * @param {boolean} once a person's yes may be used up by it
   */
  async #decided(asking, patience, once) {
    // INVARIANT: each has a name of its own: one allow is never the answer to two calls.
    const name = once || this.#retry ? crypto.randomUUID() : undefined;
    const { text, document, asked } = await this.#send("POST", "/evaluate", asking, patience, name);
    const decision = Decision.read(document, text, asked + patience);
    if (!decision) throw unreadable();
    return decision;
  }

  /**
   * What a good answer says. Throws PermissionDenied, ServiceUnavailable.
   *
   * @param {string} method
   * @param {string} path
   * @param {string | undefined} sent
   * @param {number} patience milliseconds that the answer may take longer
   * @param {string} [name] by this the service knows it again, so that it may be sent again where its answer was lost
   * @returns {Promise<Said>}
   */
  async #send(method, path, sent, patience, name) {
    if (!this.#key) throw new PermissionDenied("There is no key: set AGENT_SUDO_KEY, or pass `key`.", "no_key");
    /** @type {Record<string, string>} */
    const headers = { authorization: `Bearer ${this.#key}`, "content-type": "application/json" };
    if (name) headers["idempotency-key"] = name;
    const signal = AbortSignal.timeout(this.#timeoutMs + patience);
    const asked = performance.now();
    const init = { method, headers, body: sent ?? null, signal, redirect: /** @type {const} */ ("manual") };
    let status, text;
    try {
      // INVARIANT: only what the service knows again is sent twice; what was recorded may have been used.
      ({ status, text } = await exchanged(this.#url + path, init).catch((error) => {
        if (!name || !(error instanceof TypeError)) throw error;
        return exchanged(this.#url + path, init);
      }));
    } catch (error) {
      // INVARIANT: whatever goes wrong on the way is a no. Its kind only: its text may hold an address or a secret.
      const kind = error instanceof Error ? error.name : "Error";
      throw new ServiceUnavailable(`The policy service does not answer (${kind}), so nothing is allowed.`, "unreachable");
    }
    const document = read(text);
    if (status === 200 || status === 201) {
      if (!document) throw unreadable();
      return { text, document, asked };
    }
    if (status < 400 || status >= 500 || !document) {
      const reason = `The policy service gave no decision (HTTP ${status}), so nothing is allowed.`;
      throw new ServiceUnavailable(reason, "unavailable");
    }
    const kind = status === 429 ? ServiceUnavailable : PermissionDenied;
    throw new kind(String(document["detail"] ?? "The request was refused."), String(document["code"] ?? "refused"));
  }
}

/**
 * What came back. Throws TypeError where the connection ended before an answer did.
 *
 * @param {string} url
 * @param {RequestInit} init
 */
async function exchanged(url, init) {
  const response = await fetch(url, init);
  return { status: response.status, text: await response.text() };
}

/** @param {number} ms */
function held(ms) {
  return Math.trunc(Math.max(0, Math.min(ms, LONGEST_WAIT_MS)));
}

/**
 * A name as one part of an address, whatever stands in it.
 *
 * @param {string} name
 */
function part(name) {
  if (!name || name === "." || name === "..") throw new PermissionDenied("This is no name of anything.", "no_such_thing");
  return encodeURIComponent(name);
}

/**
 * @param {string} name
 * @returns {string | undefined}
 */
function variable(name) {
  return Reflect.get(globalThis, "process")?.env?.[name] || undefined;
}

function unreadable() {
  return new ServiceUnavailable("What answered is not the policy service, so nothing is allowed.", "malformed");
}
