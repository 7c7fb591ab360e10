/** @import { Decision } from "./decision.js" */
/** The tool must not run. `code` is stable and for programs; `decision` is there where one was recorded. */
export class PermissionDenied extends Error {
    /**
     * @param {string} reason
     * @param {string} [code]
     * @param {Decision} [decision]
     */
    constructor(reason: string, code?: string, decision?: Decision);
    code: string;
    decision: Decision | undefined;
}
/** A person must approve, and has not yet. */
export class ApprovalPending extends PermissionDenied {
    /** What to wait for; undefined where the service opened no approval. */
    get approvalId(): string | undefined;
}
/** A person approved other arguments: evaluate and run those, never the ones that were sent. */
export class ArgumentsEdited extends PermissionDenied {
    /**
     * @param {string} reason
     * @param {Record<string, unknown>} args
     * @param {Decision} decision
     */
    constructor(reason: string, args: Record<string, unknown>, decision: Decision);
    arguments: Record<string, unknown>;
}
/** There is no decision: the service is down, slow, overloaded, or what answers is not the service. */
export class ServiceUnavailable extends PermissionDenied {
}
import type { Decision } from "./decision.js";
