// Which page the address bar names. Routes live behind `#`, so that any static server can carry them.
import { useSyncExternalStore } from 'react';

/** A page of the dashboard with its arguments. */
export type Route =
  | { readonly page: 'tenants' }
  | { readonly page: 'create-tenant' }
  | {
      readonly page: 'tenant';
      readonly tenantId: string;
      /** Which of its endpoints is shown; left out: the first. */
      readonly endpointId?: string;
    }
  | { readonly page: 'create-endpoint'; readonly tenantId: string }
  | { readonly page: 'trust-rules'; readonly tenantId: string }
  | { readonly page: 'audit'; readonly tenantId: string | null }
  | { readonly page: 'api-keys' }
  | { readonly page: 'organisations' }
  | { readonly page: 'webhooks' }
  | { readonly page: 'webhook'; readonly webhookId: string }
  | { readonly page: 'sizing' }
  | { readonly page: 'usage' }
  | { readonly page: 'unknown'; readonly path: string };

/** A page that there is. */
export type KnownRoute = Exclude<Route, { page: 'unknown' }>;

/** Reads the part of an address behind `#`; anything odd is `unknown`, never an error. */
export function parseRoute(hash: string): Route {
  const path = hash.replace(/^#/, '');
  const parts = path.split('/').filter((part) => part !== '');
  if (parts.length === 0 || (parts.length === 1 && parts[0] === 'tenants')) return { page: 'tenants' };
  if (parts.length === 2 && parts[0] === 'new' && parts[1] === 'tenant') return { page: 'create-tenant' };
  if (parts.length === 1 && parts[0] === 'api-keys') return { page: 'api-keys' };
  if (parts.length === 1 && parts[0] === 'organisations') return { page: 'organisations' };
  if (parts.length === 1 && parts[0] === 'webhooks') return { page: 'webhooks' };
  if (parts.length === 1 && parts[0] === 'sizing') return { page: 'sizing' };
  if (parts.length === 1 && parts[0] === 'usage') return { page: 'usage' };
  if (parts.length === 1 && parts[0] === 'audit') return { page: 'audit', tenantId: null };
  const [first, ...ids] = parts;
  if (ids.every((id) => /^[\w-]+$/.test(id))) {
    const [id, second] = ids as [string, string];
    if (first === 'tenants' && ids.length === 1) return { page: 'tenant', tenantId: id };
    if (first === 'tenants' && ids.length === 2) return { page: 'tenant', tenantId: id, endpointId: second };
    if (first === 'new' && id === 'endpoint' && ids.length === 2)
      return { page: 'create-endpoint', tenantId: second };
    if (first === 'trust-rules' && ids.length === 1) return { page: 'trust-rules', tenantId: id };
    if (first === 'audit' && ids.length === 1) return { page: 'audit', tenantId: id };
    if (first === 'webhooks' && ids.length === 1) return { page: 'webhook', webhookId: id };
  }
  return { page: 'unknown', path };
}

/** The address of a page, for `href`. */
export function hrefOf(route: KnownRoute): string {
  switch (route.page) {
    case 'tenants':
      return '#/tenants';
    case 'create-tenant':
      return '#/new/tenant';
    case 'tenant':
      return route.endpointId === undefined
        ? `#/tenants/${route.tenantId}`
        : `#/tenants/${route.tenantId}/${route.endpointId}`;
    case 'create-endpoint':
      return `#/new/endpoint/${route.tenantId}`;
    case 'trust-rules':
      return `#/trust-rules/${route.tenantId}`;
    case 'audit':
      return route.tenantId === null ? '#/audit' : `#/audit/${route.tenantId}`;
    case 'api-keys':
      return '#/api-keys';
    case 'organisations':
      return '#/organisations';
    case 'webhooks':
      return '#/webhooks';
    case 'webhook':
      return `#/webhooks/${route.webhookId}`;
    case 'sizing':
      return '#/sizing';
    case 'usage':
      return '#/usage';
  }
}

/** Goes to a page as if its link had been followed. */
export function goTo(route: KnownRoute): void {
  window.location.hash = hrefOf(route);
}

/** The page to show, followed as the address changes. */
export function useRoute(): Route {
  const hash = useSyncExternalStore(followHash, () => window.location.hash);
  return parseRoute(hash);
}

function followHash(changed: () => void): () => void {
  window.addEventListener('hashchange', changed);
  return () => window.removeEventListener('hashchange', changed);
}
