type VariableName =
  | 'AWS_REGION'
  | 'USERS_TABLE'
  | 'CREDENTIALS_TABLE'
  | 'CONVERSATIONS_TABLE'
  | 'MEMBERS_TABLE'
  | 'MESSAGES_TABLE'
  | 'CHANGES_TABLE'
  | 'INBOX_TABLE'
  | 'IDEMPOTENCY_TABLE'
  | 'PRESENCE_TABLE'
  | 'SUBSCRIPTIONS_TABLE'
  | 'ENDED_MEMBERSHIPS_TABLE'
  | 'RATE_LIMITS_TABLE'
  | 'CONVERSATION_COUNTS_TABLE'
  | 'STREAM_NAME'
  | 'DEAD_LETTER_QUEUE_URL'
  | 'EVENT_BUS_NAME'
  | 'FAN_OUT_QUEUE_URL'
  | 'ERASURE_QUEUE_URL'
  | 'TOKEN_SECRET_ARN'
  | 'USER_ID_SECRET_ARN'
  | 'FINGERPRINT_SECRET_ARN'
  | 'EDGE_SECRET_ARN'
  | 'REGISTRATION'
  | 'SESSION_DAYS'
  | 'OIDC_SETTINGS'
  | 'RATE_LIMIT_SETTINGS'
  | 'PARLEY_STAGE'
  | 'CACHE_URL'
  | 'PARLEY_VERSION';

/** A variable of the function's environment, as `infra/` gives it. Throws with its name where it is missing. */
export function variable(name: VariableName): string {
  const value = process.env[name];
  if (value === undefined || value === '') throw new Error(`The environment variable ${name} is missing`);
  return value;
}

/** The same for one that a deployment may do without. */
export function optionalVariable(name: VariableName): string | undefined {
  return process.env[name] || undefined;
}
