// Which page is drawn, and what one page leaves for the next: only the reply to a creation, and only until it is left.
import { useEffect, useState } from 'react';
import { ApiKeys } from './pages/api-keys.tsx';
import { AuditLog } from './pages/audit-log.tsx';
import { CreateEndpoint } from './pages/create-endpoint.tsx';
import { CreateTenant } from './pages/create-tenant.tsx';
import { Organisations } from './pages/organisations.tsx';
import { SignIn } from './pages/sign-in.tsx';
import { SizingPage } from './pages/sizing.tsx';
import { type Created, TenantPage } from './pages/tenant.tsx';
import { Tenants } from './pages/tenants.tsx';
import { TrustRules } from './pages/trust-rules.tsx';
import { UnknownPage } from './pages/unknown.tsx';
import { UsagePage } from './pages/usage.tsx';
import { WebhookPage } from './pages/webhook.tsx';
import { Webhooks } from './pages/webhooks.tsx';
import { Shell } from './parts/shell.tsx';
import { goTo, useRoute } from './router.ts';
import { SessionBoundary } from './session.tsx';

/** The whole dashboard. */
export function App() {
  return (
    <SessionBoundary signIn={(props) => <SignIn {...props} />}>
      <Pages />
    </SessionBoundary>
  );
}

function Pages() {
  const route = useRoute();
  const [created, setCreated] = useState<Created | null>(null);
  const freshHere =
    route.page === 'tenant' &&
    route.tenantId === created?.endpoint.tenantId &&
    (route.endpointId ?? created.endpoint.id) === created.endpoint.id;
  const isOnItsWay = created !== null && route.page === `create-${created.what}`;

  // The password in the reply is forgotten as soon as its page is left.
  useEffect(() => {
    if (created !== null && !freshHere && !isOnItsWay) setCreated(null);
  }, [created, freshHere, isOnItsWay]);

  const show = (made: Created) => {
    setCreated(made);
    const { tenantId, id } = made.endpoint;
    goTo(
      made.what === 'tenant' ? { page: 'tenant', tenantId } : { page: 'tenant', tenantId, endpointId: id },
    );
  };

  return (
    <Shell route={route}>
      {route.page === 'tenants' && <Tenants />}
      {route.page === 'create-tenant' && (
        <CreateTenant onCreated={(reply) => show({ ...reply, what: 'tenant' })} />
      )}
      {route.page === 'create-endpoint' && (
        <CreateEndpoint
          key={route.tenantId}
          tenantId={route.tenantId}
          onCreated={(reply) => show({ ...reply, what: 'endpoint' })}
        />
      )}
      {route.page === 'tenant' && (
        <TenantPage
          key={route.tenantId}
          tenantId={route.tenantId}
          endpointId={route.endpointId ?? null}
          created={freshHere ? created : null}
        />
      )}
      {route.page === 'trust-rules' && <TrustRules key={route.tenantId} tenantId={route.tenantId} />}
      {route.page === 'audit' && <AuditLog key={route.tenantId} tenantId={route.tenantId} />}
      {route.page === 'api-keys' && <ApiKeys />}
      {route.page === 'organisations' && <Organisations />}
      {route.page === 'webhooks' && <Webhooks />}
      {route.page === 'webhook' && <WebhookPage key={route.webhookId} webhookId={route.webhookId} />}
      {route.page === 'sizing' && <SizingPage />}
      {route.page === 'usage' && <UsagePage />}
      {route.page === 'unknown' && <UnknownPage path={route.path} />}
    </Shell>
  );
}
