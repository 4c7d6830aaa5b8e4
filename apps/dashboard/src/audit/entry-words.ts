// An entry of the audit log in words.
import type { AuditEntryReply } from '@weir/api-contract';

const verbs: Readonly<Record<string, string>> = {
  create: 'Created',
  change: 'Changed',
  delete: 'Deleted',
  undelete: 'Undeleted',
  revoke: 'Revoked',
  import: 'Imported',
  rotate: 'Rotated',
  'end-overlap': 'Ended overlap of',
  'change-health': 'Saw another health of',
  'change-budget': 'Changed budget of',
};

/** `Changed endpoint`. An action that this page was not made for stands as the API says it. */
export function sentenceOf({ action }: Pick<AuditEntryReply, 'action'>): string {
  const [thing = action, act = ''] = action.split('.');
  const verb = verbs[act];
  return verb === undefined ? action : `${verb} ${thing.replaceAll('-', ' ').replace(/^api /, 'API ')}`;
}

/** A field's value in one line. */
export function valueText(value: unknown): string {
  if (value === null || value === undefined) return '–';
  return typeof value === 'string' ? value : JSON.stringify(value);
}
