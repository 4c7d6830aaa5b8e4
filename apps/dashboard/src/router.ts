// Which page the address bar names. Routes live behind `#`, so that any static server can carry them.
import { useSyncExternalStore } from 'react';

/** A page of the dashboard with its arguments. */
export type Route =
  | { readonly page: 'tenants' }
  | { readonly page: 'create-tenant' }
  | { readonly page: 'tenant'; readonly tenantId: string }
  | { readonly page: 'unknown'; readonly path: string };

/** Reads the part of an address behind `#`; anything odd is `unknown`, never an error. */
export function parseRoute(hash: string): Route {
  const path = hash.replace(/^#/, '');
  const parts = path.split('/').filter((part) => part !== '');
  if (parts.length === 0 || (parts.length === 1 && parts[0] === 'tenants')) return { page: 'tenants' };
  if (parts.length === 2 && parts[0] === 'new' && parts[1] === 'tenant') return { page: 'create-tenant' };
  const tenantId = parts[1];
  if (parts.length === 2 && parts[0] === 'tenants' && tenantId !== undefined && /^[\w-]+$/.test(tenantId)) {
    return { page: 'tenant', tenantId };
  }
  return { page: 'unknown', path };
}

/** The address of a page, for `href`. */
export function hrefOf(route: Exclude<Route, { page: 'unknown' }>): string {
  switch (route.page) {
    case 'tenants':
      return '#/tenants';
    case 'create-tenant':
      return '#/new/tenant';
    case 'tenant':
      return `#/tenants/${route.tenantId}`;
  }
}

/** Goes to a page as if its link had been followed. */
export function goTo(route: Exclude<Route, { page: 'unknown' }>): void {
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
