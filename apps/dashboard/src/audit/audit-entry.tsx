// One entry of the audit log: a line that opens to what changed, by whom and in which request.
import type { AuditEntryReply } from '@weir/api-contract';
import { time } from '../format.ts';
import { Icon } from '../parts/icon.tsx';
import { sentenceOf, valueText } from './entry-words.ts';

const authorWords = { 'api-key': 'API key', 'trust-rule': 'Trust rule', system: 'By' } as const;

export function AuditEntry({ entry }: { entry: AuditEntryReply }) {
  const { at, targetId, tenantId, author, apiKeyId, trustRuleId, address, requestId, changes } = entry;
  // Of what is new there was nothing before.
  const hasBefore = changes.some(({ before }) => before !== null && before !== undefined);
  return (
    <li>
      <details className="entry">
        <summary>
          <Icon name="more" />
          <span className="entry-what">
            {sentenceOf(entry)} <code>{targetId}</code>
          </span>
          <time className="numbers soft" dateTime={at}>
            {time(at)}
          </time>
        </summary>
        <div className="entry-body">
          {changes.length > 0 && (
            <table className="changes">
              <caption className="visually-hidden">Fields that changed</caption>
              <thead>
                <tr>
                  <th scope="col">Field</th>
                  {hasBefore && <th scope="col">Before</th>}
                  <th scope="col">After</th>
                </tr>
              </thead>
              <tbody>
                {changes.map(({ field, before, after }) => (
                  <tr key={field}>
                    <th scope="row" className="mono">
                      {field}
                    </th>
                    {hasBefore && <td className="mono soft">{valueText(before)}</td>}
                    <td className="mono">{valueText(after)}</td>
                  </tr>
                ))}
              </tbody>
            </table>
          )}
          <dl className="facts entry-facts">
            <dt>{authorWords[author]}</dt>
            <dd className={author === 'system' ? undefined : 'mono'}>
              {apiKeyId ?? trustRuleId ?? 'Weir, which saw it'}
            </dd>
            {tenantId !== null && tenantId !== targetId && (
              <>
                <dt>Tenant</dt>
                <dd className="mono">{tenantId}</dd>
              </>
            )}
            {author !== 'system' && (
              <>
                <dt>From</dt>
                <dd className="mono">{address}</dd>
                <dt>Request</dt>
                <dd className="mono">{requestId}</dd>
              </>
            )}
          </dl>
        </div>
      </details>
    </li>
  );
}
