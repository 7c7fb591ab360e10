// The client of agent-sudo: ask before a tool runs. What is not allowed throws: nothing runs by an oversight.

export { Client } from "./client.js";
export { Decision } from "./decision.js";
export { ApprovalPending, ArgumentsEdited, PermissionDenied, ServiceUnavailable } from "./errors.js";

/** @typedef {import("./call.js").Call} Call */
/** @typedef {import("../types/wire.js").Answer} Answer */
/** @typedef {import("../types/wire.js").ApprovalAnswer} ApprovalAnswer */
/** @typedef {import("../types/wire.js").Outcome} Outcome */
