// The audit log: who changed what and when, newest first, each entry with its fields before and after.
import { type AuditEntryReply, auditActions } from '@weir/api-contract';
import { useCallback, useState } from 'react';
import { usePages } from '../api/use-pages.ts';
import { AuditEntry } from '../audit/audit-entry.tsx';
import { Calm } from '../parts/calm.tsx';
import { Crumb } from '../parts/crumb.tsx';
import { SelectField } from '../parts/field.tsx';
import { MoreButton } from '../parts/more-button.tsx';
import { ProblemNotice } from '../parts/problem-notice.tsx';
import { Skeleton } from '../parts/skeleton.tsx';
import { useTitle } from '../parts/use-title.ts';
import { useSession } from '../session.tsx';

/** `tenantId`: only what was done to this tenant and its endpoints; null: everything of the organisation. */
export function AuditLog({ tenantId }: { tenantId: string | null }) {
  const { api } = useSession();
  const [action, setAction] = useState<AuditEntryReply['action'] | ''>('');
  const pages = usePages(
    useCallback(
      (cursor: string | undefined) =>
        api.listAudit({
          query: { cursor, action: action === '' ? undefined : action, tenantId: tenantId ?? undefined },
        }),
      [api, action, tenantId],
    ),
  );
  useTitle('Audit log');
  const { load } = pages;

  return (
    <>
      <div className="page-head">
        <div className="page-head-words">
          {tenantId !== null && <Crumb to={{ page: 'tenant', tenantId }} title="Tenant" />}
          <h1>Audit log</h1>
          <p>
            {tenantId === null ? (
              'Every change of this organisation. Entries are only ever added.'
            ) : (
              <>
                Every change of <code>{tenantId}</code>. Entries are only ever added.
              </>
            )}
          </p>
        </div>
      </div>
      <search className="filters">
        <SelectField
          label="Action"
          value={action}
          onChange={(event) => setAction(event.target.value as typeof action)}
        >
          <option value="">All</option>
          {auditActions.map((one) => (
            <option key={one} value={one}>
              {one}
            </option>
          ))}
        </SelectField>
      </search>
      {load.state === 'loading' && <Skeleton what="the audit log" lines={[62, 70, 54, 66, 58]} />}
      {load.state === 'failed' && <ProblemNotice problem={load.problem} onRetry={load.reload} />}
      {load.state === 'ready' && load.value.items.length === 0 && (
        <Calm title="Nothing yet">
          {action === '' ? 'Changes stand here as they are made.' : 'Nobody has done this so far.'}
        </Calm>
      )}
      {load.state === 'ready' && load.value.items.length > 0 && (
        <div className="card">
          <ul className="entries">
            {load.value.items.map((entry) => (
              <AuditEntry key={entry.id} entry={entry} />
            ))}
          </ul>
          <MoreButton pages={pages} what="entries" />
        </div>
      )}
    </>
  );
}
