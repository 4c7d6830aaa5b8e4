// Routes: each page's address leads back to it, and nothing that is typed breaks the page.
import { expect, test } from 'vitest';
import { hrefOf, parseRoute } from './router.ts';

test('an empty address is the list of tenants', () => {
  expect(parseRoute('')).toEqual({ page: 'tenants' });
  expect(parseRoute('#/')).toEqual({ page: 'tenants' });
});

test('each page is found again by its own address', () => {
  for (const route of [
    { page: 'tenants' },
    { page: 'create-tenant' },
    { page: 'create-endpoint', tenantId: 'tn_abc123' },
    { page: 'tenant', tenantId: 'tn_abc123' },
    { page: 'tenant', tenantId: 'tn_abc123', endpointId: 'ep-calm-river-a1b2c3' },
    { page: 'trust-rules', tenantId: 'tn_abc123' },
    { page: 'audit', tenantId: null },
    { page: 'audit', tenantId: 'tn_abc123' },
    { page: 'api-keys' },
    { page: 'organisations' },
    { page: 'webhooks' },
    { page: 'webhook', webhookId: 'wh_abc123' },
    { page: 'sizing' },
    { page: 'usage' },
  ] as const) {
    expect(parseRoute(hrefOf(route))).toEqual(route);
  }
});

test('an address that names no page is unknown, with its path to show', () => {
  for (const path of ['/tenants/a/b/c', '/new/endpoint', '/new/endpoint/a/b', '/audit/a/b', '/nothing']) {
    expect(parseRoute(`#${path}`)).toEqual({ page: 'unknown', path });
  }
  expect(parseRoute('#/tenants/%00<b>')).toEqual({ page: 'unknown', path: '/tenants/%00<b>' });
});
