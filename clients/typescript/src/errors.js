// Why a tool did not run. All are PermissionDenied, so that one `catch` sees every way of not being allowed.

/** @import { Decision } from "./decision.js" */

/** The tool must not run. `code` is stable and for programs; `decision` is there where one was recorded. */
export class PermissionDenied extends Error {
  /**
   * @param {string} reason
   * @param {string} [code]
   * @param {Decision} [decision]
   */
  constructor(reason, code = "denied", decision = undefined) {
    super(reason);
    this.name = new.target.name;
    this.code = code;
    this.decision = decision;
  }
}

/** A person must approve, and has not yet. */
export class ApprovalPending extends PermissionDenied {
  /** What to wait for; undefined where the service opened no approval. */
  get approvalId() {
    return this.decision?.document.approval?.id;
  }
}

/** A person approved other arguments: evaluate and run those, never the ones that were sent. */
export class ArgumentsEdited extends PermissionDenied {
  /**
   * @param {string} reason
   * @param {Record<string, unknown>} args
   * @param {Decision} decision
   */
  constructor(reason, args, decision) {
    super(reason, "edited", decision);
    this.arguments = args;
  }
}

/** There is no decision: the service is down, slow, overloaded, or what answers is not the service. */
export class ServiceUnavailable extends PermissionDenied {}
