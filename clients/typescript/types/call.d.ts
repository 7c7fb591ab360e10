/** @import { ActionRequest } from "../types/wire.js" */
/**
 * What may be said of a call; docs/http-api.md. `cwd` and `home` are filled in where they are left out.
 *
 * @typedef {Omit<ActionRequest, "dry_run" | "wait_ms">} Call
 */
/**
 * The body that asks about a call.
 *
 * @param {Call} call
 * @param {{ dryRun?: boolean | undefined, waitMs?: number | undefined }} how
 */
export function body(call: Call, { dryRun, waitMs }: {
    dryRun?: boolean | undefined;
    waitMs?: number | undefined;
}): string;
/**
 * What may be said of a call; docs/http-api.md. `cwd` and `home` are filled in where they are left out.
 */
export type Call = Omit<ActionRequest, "dry_run" | "wait_ms">;
import type { ActionRequest } from "../types/wire.js";
