/** A recorded decision. `allowed` is computed each time it is read: an allow passes, a no stays. */
export class Decision {
    /**
     * The decision in an answer to what was asked at `asked` (by performance.now()); undefined where there is none.
     *
     * @param {unknown} found
     * @param {string} text
     * @param {number} asked
     */
    static read(found: unknown, text: string, asked: number): Decision | undefined;
    /**
     * @param {Answer} document
     * @param {boolean} granted
     * @param {number} ends
     */
    constructor(document: Answer, granted: boolean, ends: number);
    document: Answer;
    /** ALLOW, REQUIRE_APPROVAL, REQUIRE_STRONG_APPROVAL or DENY. */
    get verdict(): "ALLOW" | "DENY" | "REQUIRE_APPROVAL" | "REQUIRE_STRONG_APPROVAL";
    get reason(): string;
    get evaluationId(): string;
    /** Whether the time in which to act upon it has passed. */
    get isOver(): boolean;
    /** Whether the tool may run, now. */
    get allowed(): boolean;
    /** The approval that a person has yet to answer, if it waits for one. */
    get waitsFor(): string | undefined;
    /**
     * Itself, if the tool may run now. Throws PermissionDenied, ApprovalPending, ArgumentsEdited.
     *
     * @returns {Decision}
     */
    require(): Decision;
    #private;
}
import type { Answer } from "../types/wire.js";
