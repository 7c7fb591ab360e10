// Made by scripts/types from openapi/: what goes over the wire. Do not edit.

export interface ActionRequest {
  tool?: string | null;
  action?: string | null;
  target?: string | null;
  arguments?: Record<string, unknown>;
  payload_summary?: string | null;
  source?: string | null;
  source_trust?: string | null;
  provenance?: Provenance;
  risk_hints?: string[];
  session_id?: string | null;
  actor?: string | null;
  scope?: string | null;
  cwd?: string | null;
  home?: string | null;
  resolved_target?: string | null;
  annotations?: Record<string, unknown>;
  dry_run?: boolean;
  wait_ms?: number;
}

export interface Answer {
  allowed: boolean;
  decision: "ALLOW" | "DENY" | "REQUIRE_APPROVAL" | "REQUIRE_STRONG_APPROVAL";
  classification: "BLOCKED" | "CRITICAL" | "SAFE" | "SENSITIVE";
  reason: string;
  evaluation_id: string;
  rules: string[];
  policy: string;
  mode: "enforce" | "monitor";
  would_be: "ALLOW" | "DENY" | "REQUIRE_APPROVAL" | "REQUIRE_STRONG_APPROVAL" | null;
  effects: EffectAnswer[];
  provenance: ProvenanceAnswer;
  obligations?: string[];
  approval?: ApprovalNotice | null;
  delegation?: string | null;
  valid_until: string;
  audit: ReceiptAnswer;
  dry_run?: boolean;
  trace?: Near[];
  tree?: BranchAnswer[];
}

export interface ApprovalAnswer {
  id: string;
  status: "pending" | "approved" | "denied" | "expired" | "cancelled" | "consumed";
  code: "pending" | "approved" | "denied" | "expired" | "cancelled" | "consumed" | "edited";
  /** An approval is no decision: evaluate the request again. */
  allowed?: false;
  level: "REQUIRE_APPROVAL" | "REQUIRE_STRONG_APPROVAL";
  risk: "ordinary" | "high" | "critical";
  agent: string;
  key: string;
  actor: string | null;
  session_id: string | null;
  tool: string | null;
  reason: string | null;
  rules: string[];
  trust: string;
  tainted: boolean;
  /** The decision that asked. */
  evaluation_id: string;
  opened_at: string;
  /** Until when it can be answered. */
  expires_at: string;
  /** All that must agree; empty: one person. */
  quorums: QuorumAnswer[];
  votes: VoteAnswer[];
  /** Callers that wait for it at this service. */
  waiting: number;
  /** Whether its arguments are few enough to be approved. */
  readable: boolean;
  /** Why it cannot be approved for the session; empty where it can. */
  once_only: string;
  scope: "once" | "session" | null;
  /** How often a yes may be used; null: any number of times. */
  uses: number | null;
  used: number;
  valid_until: string | null;
  decided_at: string | null;
  decided_by: string | null;
  message: string;
  /** The approval of the same request with other arguments. */
  edited_into: string | null;
  /** The entry of its latest change. */
  changed: number;
}

export interface ApprovalNotice {
  id: string;
  url: string;
  status: string;
  code: string;
  expires_at: string;
  retry_after_ms: number;
  message?: string;
  edited_arguments?: Record<string, unknown> | null;
}

export interface BranchAnswer {
  words: string;
  effects: EffectAnswer[];
  inner?: BranchAnswer[];
}

export interface EffectAnswer {
  kind: string;
  resource: string;
  via: string;
}

export interface Near {
  rule: string;
  failed: string;
}

export interface Outcome {
  status: "error" | "not_run" | "ok";
  duration_ms?: number | null;
  exit_code?: number | null;
  error?: string | null;
}

export interface ProblemDocument {
  allowed?: false;
  type: string;
  title: string;
  status: number;
  code: string;
  detail: string;
}

export interface Provenance {
  origin_type?: string | null;
  channel?: string | null;
  authenticated?: boolean | null;
  authentication_method?: string | null;
  session_id?: string | null;
  request_id?: string | null;
  parent_request_id?: string | null;
  delegation_chain?: string[];
}

export interface ProvenanceAnswer {
  trust: "AGENT_INTERNAL" | "EXTERNAL_CONTENT" | "UNKNOWN" | "USER_DIRECT";
  tainted: boolean;
  why: string[];
}

export interface QuorumAnswer {
  need: number;
  /** Names or roles; empty: whoever may approve. */
  of: string[];
  /** Whether the agent's owner counts. */
  owner: boolean;
}

export interface ReceiptAnswer {
  log: string;
  seq: number;
  hash: string;
}

export interface VoteAnswer {
  operator: string;
  role: string;
}
