// One thing that the doctor says of a connection string.
export interface Finding {
  /** error: it does not work; warning: it does, and will hurt; note: good to know. */
  readonly severity: 'error' | 'warning' | 'note';
  /** A stable word for programs; docs/cli.md lists them. */
  readonly code: FindingCode;
  readonly message: string;
  /** What to do about it. */
  readonly hint: string | null;
}

export const findingCodes = [
  'unreadable',
  'password-missing',
  'tls-off',
  'tls-not-asked',
  'tls-unverified',
  'tls-untrusted',
  'tls-refused',
  'sni-missing',
  'endpoint-missing',
  'endpoint-conflict',
  'endpoint-unknown',
  'wrong-side',
  'parameter-needless',
  'dns',
  'dns-local',
  'unreachable',
  'no-answer',
  'password-wrong',
  'database-missing',
  'suspended',
  'over-budget',
  'database-unhealthy',
  'budget-exceeds-server',
  'clients-wait',
  'refused',
] as const;

export type FindingCode = (typeof findingCodes)[number];

export function finding(
  severity: Finding['severity'],
  code: FindingCode,
  message: string,
  hint: string | null = null,
): Finding {
  return { severity, code, message, hint };
}
