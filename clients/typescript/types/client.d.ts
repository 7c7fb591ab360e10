/**
 * The service at `url`, asked with an agent's `key`; `AGENT_SUDO_URL` and `AGENT_SUDO_KEY` where they are left out.
 *
 * With `retry`, every evaluation whose answer was lost is sent once more, and counts once; without, what waits for people.
 * An answer that does not come within `timeoutMs` is a no.
 */
export class Client {
    /** @param {{ url?: string, key?: string, timeoutMs?: number, retry?: boolean }} [settings] */
    constructor({ url, key, timeoutMs, retry }?: {
        url?: string;
        key?: string;
        timeoutMs?: number;
        retry?: boolean;
    });
    /**
     * The service's decision about a call. With `waitMs`, it is held back up to a minute while a person decides.
     *
     * Throws ServiceUnavailable where there is none, PermissionDenied where the request was not taken.
     *
     * @param {Call} call
     * @param {{ waitMs?: number, dryRun?: boolean }} [how]
     * @returns {Promise<Decision>}
     */
    evaluate(call: Call, { waitMs, dryRun }?: {
        waitMs?: number;
        dryRun?: boolean;
    }): Promise<Decision>;
    /**
     * The decision, if and only if the call may run now; people are given up to `waitMs` to approve.
     *
     * Throws PermissionDenied: ApprovalPending, ArgumentsEdited and ServiceUnavailable are kinds of it.
     *
     * @param {Call} call
     * @param {{ waitMs?: number }} [how]
     * @returns {Promise<Decision>}
     */
    require(call: Call, { waitMs }?: {
        waitMs?: number;
    }): Promise<Decision>;
    /**
     * The approval once a person has answered it. Throws ApprovalPending when nobody has after `waitMs`.
     *
     * @param {string} approvalId
     * @param {number} waitMs
     * @returns {Promise<ApprovalAnswer>}
     */
    wait(approvalId: string, waitMs: number): Promise<ApprovalAnswer>;
    /**
     * Report how the tool went. `error` is a kind, such as TypeError: never a text.
     *
     * @param {string} evaluationId
     * @param {Outcome} outcome
     * @returns {Promise<void>}
     */
    outcome(evaluationId: string, outcome: Outcome): Promise<void>;
    /**
     * Those of up to 1,000 tools that are denied whatever they are called with: they need not be shown. No decision.
     *
     * Throws PermissionDenied, ServiceUnavailable.
     *
     * @param {readonly string[]} tools
     * @returns {Promise<string[]>}
     */
    deniedTools(tools: readonly string[]): Promise<string[]>;
    #private;
}
export type Said = {
    text: string;
    document: Record<string, any>;
    asked: number;
};
import type { Call } from "./call.js";
import { Decision } from "./decision.js";
import type { ApprovalAnswer } from "../types/wire.js";
import type { Outcome } from "../types/wire.js";
