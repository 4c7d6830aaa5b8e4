// The paths of the API, made from ids, for those who call it. No request is sent here.

import type { OperationId } from './operations/operations.ts';
import { operations } from './operations/operations.ts';
import type { OrderOperationId } from './operations/order-operations.ts';

/** An operation's path with its parameters put in. */
export function pathOf(id: OperationId, params: Readonly<Record<string, string>> = {}): string {
  return operations[id].path.replace(/:(\w+)/g, (_, name: string) => encodeURIComponent(params[name] ?? ''));
}

/** `?name=value&…` of what is defined; empty if nothing is. */
export function queryOf(query: Readonly<Record<string, unknown>>): string {
  const pairs = Object.entries(query)
    .filter(([, value]) => value !== undefined)
    .map(([name, value]) => `${name}=${encodeURIComponent(String(value))}`);
  return pairs.length === 0 ? '' : `?${pairs.join('&')}`;
}

export const apiPaths = {
  me: () => pathOf('getMe'),
  tenants: () => pathOf('listTenants'),
  tenant: (tenantId: string) => pathOf('getTenant', { tenantId }),
  tenantEndpoints: (tenantId: string) => pathOf('listEndpoints', { tenantId }),
  endpoint: (endpointId: string) => pathOf('getEndpoint', { endpointId }),
  connectionStrings: (endpointId: string, query: { role?: string; database?: string } = {}) =>
    pathOf('getConnectionStrings', { endpointId }) + queryOf(query),
  activity: (endpointId: string) => pathOf('getActivity', { endpointId }),
  credentials: (tenantId: string) => pathOf('listCredentials', { tenantId }),
  credential: (tenantId: string, credentialId: string) =>
    pathOf('revokeCredential', { tenantId, credentialId }),
  exchange: () => pathOf('exchangeToken'),
  trustRules: (tenantId: string) => pathOf('listTrustRules', { tenantId }),
  trustRule: (tenantId: string, trustRuleId: string) => pathOf('getTrustRule', { tenantId, trustRuleId }),
  roles: (endpointId: string) => pathOf('listRoles', { endpointId }),
  importedRoles: (endpointId: string) => pathOf('importRole', { endpointId }),
  role: (endpointId: string, roleName: string, query: { drop?: string } = {}) =>
    pathOf('getRole', { endpointId, roleName }) + queryOf(query),
  rotation: (endpointId: string, roleName: string) => pathOf('rotateRole', { endpointId, roleName }),
  overlapEnd: (endpointId: string, roleName: string) => pathOf('endOverlap', { endpointId, roleName }),
  bans: (endpointId: string) => pathOf('getBans', { endpointId }),
  clearBans: (endpointId: string) => pathOf('clearBans', { endpointId }),
  pins: (endpointId: string) => pathOf('getPins', { endpointId }),
  usage: () => pathOf('listUsage'),
  order: (operation: OrderOperationId, endpointId: string) => pathOf(operation, { endpointId }),
  orders: (endpointId: string, query: { generation?: number; waitMs?: number } = {}) =>
    pathOf('getOrders', { endpointId }) + queryOf(query),
  webhooks: () => pathOf('listWebhooks'),
  webhook: (webhookId: string) => pathOf('getWebhook', { webhookId }),
  webhookTest: (webhookId: string) => pathOf('testWebhook', { webhookId }),
  deliveries: (webhookId: string) => pathOf('listDeliveries', { webhookId }),
  replay: (webhookId: string, deliveryId: string) => pathOf('replayDelivery', { webhookId, deliveryId }),
} as const;
