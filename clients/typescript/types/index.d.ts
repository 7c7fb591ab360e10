export { Client } from "./client.js";
export { Decision } from "./decision.js";
export type Call = import("./call.js").Call;
export type Answer = import("../types/wire.js").Answer;
export type ApprovalAnswer = import("../types/wire.js").ApprovalAnswer;
export type Outcome = import("../types/wire.js").Outcome;
export { ApprovalPending, ArgumentsEdited, PermissionDenied, ServiceUnavailable } from "./errors.js";
