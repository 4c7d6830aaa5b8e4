// The HTTP API as the commands call it: one method an operation of the contract, with its types and its check of the reply.
import {
  apiPaths,
  type ChangeEndpointBody,
  type ConnectionStringsQuery,
  type CreateEndpointInput,
  type CreateTenantInput,
  type CreateTrustRuleBody,
  type CredentialReply,
  clearBansReplySchema,
  connectionStringsSchema,
  createCredentialReplySchema,
  createEndpointReplySchema,
  createTenantReplySchema,
  createWebhookReplySchema,
  credentialPageSchema,
  type DrainInput,
  deliveryPageSchema,
  deliverySchema,
  type EndpointReply,
  type ExchangeTokenBody,
  endpointActivitySchema,
  endpointBansSchema,
  endpointPageSchema,
  endpointPinsSchema,
  endpointSchema,
  getTenantReplySchema,
  meSchema,
  type OrderOperationId,
  type OrderScopeInput,
  orderReplySchema,
  ordersReachSchema,
  queryOf,
  type RequestPartInput,
  type RoleReply,
  rolePageSchema,
  rolePasswordReplySchema,
  roleSchema,
  type TenantReply,
  type TrustRuleReply,
  tenantPageSchema,
  tenantSchema,
  trustRulePageSchema,
  trustRuleSchema,
  type UsageItemReply,
  type UsageQuery,
  usagePageSchema,
  type WebhookReply,
  webhookPageSchema,
  webhookSchema,
} from '@weir/api-contract';
import { type Schema, sendTo } from './transport.ts';

export type Api = ReturnType<typeof apiAt>;

/** As it was typed: the API names what is wrong with it. */
interface WebhookChoice {
  readonly url?: string | undefined;
  readonly events?: readonly string[] | undefined;
  readonly description?: string | undefined;
}

/** The same of a trust rule. */
type TrustRuleChoice = { readonly [Name in keyof CreateTrustRuleBody]?: unknown };

/** The API at an address, called with one key, or without for what needs none. Each call throws ApiProblem, or CommandError when there is no reply. */
export function apiAt(url: string, key: string | null) {
  const base = url.replace(/\/+$/, '');
  const send = sendTo(base, key);

  interface Page<Item> {
    items: Item[];
    nextCursor: string | null;
  }
  async function allPages<Item>(
    path: string,
    schema: Schema<Page<Item>>,
    filter: Readonly<Record<string, unknown>> = {},
  ): Promise<Item[]> {
    const items: Item[] = [];
    let cursor: string | undefined;
    do {
      const page: Page<Item> = await send('GET', path + queryOf({ ...filter, limit: 200, cursor }), schema);
      items.push(...page.items);
      cursor = page.nextCursor ?? undefined;
    } while (cursor !== undefined);
    return items;
  }

  return {
    url: base,
    me: () => send('GET', apiPaths.me(), meSchema),
    tenants: (): Promise<TenantReply[]> => allPages(apiPaths.tenants(), tenantPageSchema),
    tenant: (id: string) => send('GET', apiPaths.tenant(id), getTenantReplySchema),
    createTenant: (body: CreateTenantInput) =>
      send('POST', apiPaths.tenants(), createTenantReplySchema, body),
    changeTenant: (id: string, change: { name?: string; status?: string }) =>
      send('PATCH', apiPaths.tenant(id), tenantSchema, change),
    deleteTenant: (id: string) => send<void>('DELETE', apiPaths.tenant(id), null),
    endpoints: (tenantId: string): Promise<EndpointReply[]> =>
      allPages(apiPaths.tenantEndpoints(tenantId), endpointPageSchema),
    endpoint: (id: string) => send('GET', apiPaths.endpoint(id), endpointSchema),
    createEndpoint: (tenantId: string, body: CreateEndpointInput) =>
      send('POST', apiPaths.tenantEndpoints(tenantId), createEndpointReplySchema, body),
    changeEndpoint: (id: string, change: ChangeEndpointBody | Readonly<Record<string, unknown>>) =>
      send('PATCH', apiPaths.endpoint(id), endpointSchema, change),
    deleteEndpoint: (id: string) => send<void>('DELETE', apiPaths.endpoint(id), null),
    connectionStrings: (id: string, query: ConnectionStringsQuery = {}) =>
      send(
        'GET',
        apiPaths.connectionStrings(id, query as { role?: string; database?: string }),
        connectionStringsSchema,
      ),
    roles: (endpointId: string): Promise<RoleReply[]> => allPages(apiPaths.roles(endpointId), rolePageSchema),
    createRole: (endpointId: string, body: RequestPartInput<'createRole', 'body'>) =>
      send('POST', apiPaths.roles(endpointId), rolePasswordReplySchema, body),
    importRole: (endpointId: string, body: RequestPartInput<'importRole', 'body'>) =>
      send('POST', apiPaths.importedRoles(endpointId), roleSchema, body),
    rotateRole: (endpointId: string, name: string, body: RequestPartInput<'rotateRole', 'body'>) =>
      send('POST', apiPaths.rotation(endpointId, name), rolePasswordReplySchema, body),
    endOverlap: (endpointId: string, name: string) =>
      send('POST', apiPaths.overlapEnd(endpointId, name), roleSchema),
    deleteRole: (endpointId: string, name: string, drop: boolean) =>
      send<void>('DELETE', apiPaths.role(endpointId, name, { drop: String(drop) }), null),
    credentials: (tenantId: string, endpointId: string): Promise<CredentialReply[]> =>
      allPages(apiPaths.credentials(tenantId), credentialPageSchema, { endpointId }),
    createCredential: (tenantId: string, body: RequestPartInput<'createCredential', 'body'>) =>
      send('POST', apiPaths.credentials(tenantId), createCredentialReplySchema, body),
    revokeCredential: (tenantId: string, id: string) =>
      send<void>('DELETE', apiPaths.credential(tenantId, id), null),
    exchangeToken: (body: { readonly [Name in keyof ExchangeTokenBody]: unknown }) =>
      send('POST', apiPaths.exchange(), createCredentialReplySchema, body),
    trustRules: (tenantId: string): Promise<TrustRuleReply[]> =>
      allPages(apiPaths.trustRules(tenantId), trustRulePageSchema),
    createTrustRule: (tenantId: string, body: TrustRuleChoice) =>
      send('POST', apiPaths.trustRules(tenantId), trustRuleSchema, body),
    changeTrustRule: (tenantId: string, id: string, change: TrustRuleChoice) =>
      send('PATCH', apiPaths.trustRule(tenantId, id), trustRuleSchema, change),
    deleteTrustRule: (tenantId: string, id: string) =>
      send<void>('DELETE', apiPaths.trustRule(tenantId, id), null),
    activity: (id: string) => send('GET', apiPaths.activity(id), endpointActivitySchema),
    order: (operation: OrderOperationId, id: string, body: OrderScopeInput | DrainInput) =>
      send('POST', apiPaths.order(operation, id), orderReplySchema, body),
    orders: (id: string, query: { readonly generation: number; readonly waitMs: number }) =>
      send('GET', apiPaths.orders(id, query), ordersReachSchema),
    bans: (id: string) => send('GET', apiPaths.bans(id), endpointBansSchema),
    clearBans: (id: string, body: { readonly source: string | null }) =>
      send('POST', apiPaths.clearBans(id), clearBansReplySchema, body),
    pins: (id: string) => send('GET', apiPaths.pins(id), endpointPinsSchema),
    usage: (query: UsageQuery): Promise<UsageItemReply[]> =>
      allPages(apiPaths.usage(), usagePageSchema, query),
    webhooks: (): Promise<WebhookReply[]> => allPages(apiPaths.webhooks(), webhookPageSchema),
    createWebhook: (body: WebhookChoice & { readonly url: string }) =>
      send('POST', apiPaths.webhooks(), createWebhookReplySchema, body),
    changeWebhook: (id: string, change: WebhookChoice & { readonly enabled?: boolean | undefined }) =>
      send('PATCH', apiPaths.webhook(id), webhookSchema, change),
    deleteWebhook: (id: string) => send<void>('DELETE', apiPaths.webhook(id), null),
    testWebhook: (id: string) => send('POST', apiPaths.webhookTest(id), deliverySchema),
    deliveries: (id: string) => send('GET', apiPaths.deliveries(id), deliveryPageSchema),
    replayDelivery: (id: string, deliveryId: string) =>
      send('POST', apiPaths.replay(id, deliveryId), deliverySchema),
  };
}
