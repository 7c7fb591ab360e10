// One tool call as it is put to the service.

import { PermissionDenied } from "./errors.js";
import { encode } from "./json.js";

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
export function body(call, { dryRun, waitMs }) {
  const said = { ...place(), ...call };
  return encode({ ...said, dry_run: dryRun ? true : undefined, wait_ms: waitMs ? waitMs : undefined });
}

function place() {
  /** @type {{ cwd?: () => string, env?: Record<string, string | undefined> } | undefined} */
  const process = Reflect.get(globalThis, "process");
  try {
    return { cwd: process?.cwd?.(), home: process?.env?.["HOME"] };
  } catch {
    // INVARIANT: a place that is gone is not sent as one that nobody named.
    throw new PermissionDenied("The working directory is gone.", "no_cwd");
  }
}
