// What the service answered. An allow is good for five seconds; everything else is a no.

import { ApprovalPending, ArgumentsEdited, PermissionDenied } from "./errors.js";
import { isObject } from "./json.js";

/** @import { Answer } from "../types/wire.js" */

// Counted from when the question was sent, it holds whatever the clocks of the two machines say.
const VALID_MS = 5_000;
// As the service writes it: the first thing that an answer says.
const SAYS_YES = /^\s*\{\s*"allowed"\s*:\s*true\s*,/;

/** A recorded decision. `allowed` is computed each time it is read: an allow passes, a no stays. */
export class Decision {
  /** @type {boolean} */
  #granted;
  /** @type {number} */
  #ends;
  /** @type {number} */
  #validUntil;

  /**
   * @param {Answer} document
   * @param {boolean} granted
   * @param {number} ends
   */
  constructor(document, granted, ends) {
    this.document = document;
    this.#granted = granted;
    this.#ends = ends;
    this.#validUntil = Date.parse(document.valid_until);
  }

  /**
   * The decision in an answer to what was asked at `asked` (by performance.now()); undefined where there is none.
   *
   * @param {unknown} found
   * @param {string} text
   * @param {number} asked
   */
  static read(found, text, asked) {
    if (!isObject(found) || typeof found["allowed"] !== "boolean") return undefined;
    const { decision, reason, evaluation_id: id, valid_until: until, approval } = found;
    const texts = [decision, reason, id, until].every((one) => typeof one === "string");
    if (!texts || Number.isNaN(Date.parse(until)) || !isApproval(approval ?? null)) return undefined;
    // INVARIANT: only `allowed: true` is a yes, and an answer that says it twice must say it both times: JSON.parse
    // tells of the last, the text of the first.
    const granted = found["allowed"] === true && SAYS_YES.test(text);
    return new Decision(/** @type {Answer} */ (/** @type {unknown} */ (found)), granted, asked + VALID_MS);
  }

  /** ALLOW, REQUIRE_APPROVAL, REQUIRE_STRONG_APPROVAL or DENY. */
  get verdict() {
    return this.document.decision;
  }

  get reason() {
    return this.document.reason;
  }

  get evaluationId() {
    return this.document.evaluation_id;
  }

  // INVARIANT: an allow that is over is no allow, by the service's clock and by our own: it may have been revoked.
  /** Whether the time in which to act upon it has passed. */
  get isOver() {
    return !(performance.now() < this.#ends && Date.now() < this.#validUntil);
  }

  /** Whether the tool may run, now. */
  get allowed() {
    return this.#granted && !this.isOver;
  }

  /** The approval that a person has yet to answer, if it waits for one. */
  get waitsFor() {
    const approval = this.document.approval;
    return approval?.status === "pending" && !this.allowed ? approval.id : undefined;
  }

  /**
   * Itself, if the tool may run now. Throws PermissionDenied, ApprovalPending, ArgumentsEdited.
   *
   * @returns {Decision}
   */
  require() {
    if (this.allowed) return this;
    if (this.#granted) {
      throw new PermissionDenied("The permission was good for five seconds and that is over: ask again.", "too_late", this);
    }
    const approval = this.document.approval;
    if (approval?.edited_arguments) {
      const reason = "A person approved other arguments than these. Only those may be used.";
      throw new ArgumentsEdited(reason, approval.edited_arguments, this);
    }
    if (this.verdict.startsWith("REQUIRE_") && (!approval || approval.status === "pending")) {
      const where = approval?.url ? ` They can do so at ${approval.url}` : "";
      throw new ApprovalPending(this.#said("A person must approve this") + where, "approval_pending", this);
    }
    throw new PermissionDenied(this.#said("Denied"), approval?.code ?? "denied", this);
  }

  /** @param {string} start */
  #said(start) {
    // What a person said who denied it stands in the reason.
    return this.reason ? `${start}: ${this.reason}` : `${start}.`;
  }
}

/** @param {unknown} value */
function isApproval(value) {
  if (value === null) return true;
  if (!isObject(value)) return false;
  const { id, status, code = status, message = "", edited_arguments: edited = null } = value;
  return [id, status, code, message].every((one) => typeof one === "string") && (edited === null || isObject(edited));
}
