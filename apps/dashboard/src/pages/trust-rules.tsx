// The trust rules of a tenant: whose OIDC tokens get credentials, making and changing them, and how they are used.
import type { GetTenantReply, TrustRuleReply } from '@weir/api-contract';
import { useCallback, useState } from 'react';
import { useLoad } from '../api/use-load.ts';
import { usePages } from '../api/use-pages.ts';
import { Calm } from '../parts/calm.tsx';
import { ConfirmDialog } from '../parts/confirm-dialog.tsx';
import { Crumb } from '../parts/crumb.tsx';
import { Icon } from '../parts/icon.tsx';
import { MoreButton } from '../parts/more-button.tsx';
import { ProblemNotice } from '../parts/problem-notice.tsx';
import { Skeleton } from '../parts/skeleton.tsx';
import { useTitle } from '../parts/use-title.ts';
import { useMay, useSession } from '../session.tsx';
import { ExchangeDialog } from '../trust/exchange-dialog.tsx';
import { TrustRuleDialog } from '../trust/trust-rule-dialog.tsx';
import { type RuleAct, TrustRuleTable } from '../trust/trust-rule-table.tsx';

export function TrustRules({ tenantId }: { tenantId: string }) {
  const { api } = useSession();
  const load = useLoad(useCallback(() => api.getTenant({ params: { tenantId } }), [api, tenantId]));
  useTitle('Trust rules');
  if (load.state === 'ready') return <Loaded tenant={load.value} />;
  return (
    <>
      <div className="page-head">
        <Words tenantId={tenantId} tenantName="Tenant" />
      </div>
      {load.state === 'loading' && <Skeleton what="the tenant" lines={[52, 60, 44]} />}
      {load.state === 'failed' && <ProblemNotice problem={load.problem} onRetry={load.reload} />}
    </>
  );
}

function Words({ tenantId, tenantName }: { tenantId: string; tenantName: string }) {
  return (
    <div className="page-head-words">
      <Crumb to={{ page: 'tenant', tenantId }} title={tenantName} />
      <h1>Trust rules</h1>
      <p>Functions, pipelines and pods whose OIDC tokens are exchanged for short-lived credentials.</p>
    </div>
  );
}

type Open = { readonly act: 'create' } | { readonly act: RuleAct; readonly rule: TrustRuleReply };

function Loaded({ tenant }: { tenant: GetTenantReply }) {
  const { api } = useSession();
  const { id: tenantId, endpoints } = tenant;
  const mayWrite = useMay('write');
  // Whoever makes or widens a rule can have credentials by it.
  const mayTrust = useMay('secrets') && mayWrite;
  const [open, setOpen] = useState<Open | null>(null);
  const close = () => setOpen(null);
  const pages = usePages(
    useCallback(
      (cursor: string | undefined) => api.listTrustRules({ params: { tenantId }, query: { cursor } }),
      [api, tenantId],
    ),
  );
  const { load } = pages;
  const acts: readonly RuleAct[] = [
    'use',
    ...(mayTrust ? (['edit'] as const) : []),
    ...(mayWrite ? (['delete'] as const) : []),
  ];
  return (
    <>
      <div className="page-head">
        <Words tenantId={tenantId} tenantName={tenant.name} />
        {load.state === 'ready' && mayTrust && endpoints.length > 0 && (
          <button type="button" className="button button-primary" onClick={() => setOpen({ act: 'create' })}>
            <Icon name="plus" />
            New trust rule
          </button>
        )}
      </div>
      {load.state === 'loading' && <Skeleton what="trust rules" lines={[52, 60, 44]} />}
      {load.state === 'failed' && <ProblemNotice problem={load.problem} onRetry={load.reload} />}
      {load.state === 'ready' && load.value.items.length === 0 && (
        <Calm title="No trust rules yet">
          {endpoints.length === 0
            ? 'A rule lends a role of an endpoint, and this tenant has no endpoint.'
            : 'With a rule no password of the database lies in the settings of Vercel or in the secrets of a repository: whoever runs there shows its token, and gets a user name and a password that open for minutes.'}
        </Calm>
      )}
      {load.state === 'ready' && load.value.items.length > 0 && (
        <div className="card">
          <TrustRuleTable
            rules={load.value.items}
            acts={acts}
            onAct={(act, rule) => setOpen({ act, rule })}
          />
          <MoreButton pages={pages} what="trust rules" />
        </div>
      )}
      {open?.act === 'create' && (
        <TrustRuleDialog
          tenantId={tenantId}
          endpoints={endpoints}
          rule={null}
          onSaved={(made) => {
            // One that belongs behind what is loaded comes with its own page.
            pages.change((items, nextCursor) => (nextCursor === null ? [...items, made] : items));
            setOpen({ act: 'use', rule: made });
          }}
          onClose={close}
        />
      )}
      {open?.act === 'edit' && (
        <TrustRuleDialog
          tenantId={tenantId}
          endpoints={endpoints}
          rule={open.rule}
          onSaved={(changed) => {
            pages.change((items) => items.map((rule) => (rule.id === changed.id ? changed : rule)));
            close();
          }}
          onClose={close}
        />
      )}
      {open?.act === 'use' && <ExchangeDialog rule={open.rule} onClose={close} />}
      {open?.act === 'delete' && (
        <ConfirmDialog
          title="Delete the trust rule?"
          confirm="Delete trust rule"
          danger
          act={async () => {
            const { id } = open.rule;
            await api.deleteTrustRule({ params: { tenantId, trustRuleId: id } });
            pages.change((items) => items.filter((rule) => rule.id !== id));
            close();
          }}
          onClose={close}
        >
          <p className="purpose">
            Nobody gets credentials by <code>{open.rule.id}</code> any more, and those that were got by it are
            revoked. Sessions that have begun go on.
          </p>
        </ConfirmDialog>
      )}
    </>
  );
}
