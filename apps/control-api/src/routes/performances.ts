// Which code does which operation of the contract.

import { createCredential, listCredentials, revokeCredential } from './credentials/credentials.ts';
import {
  changeTrustRule,
  createTrustRule,
  deleteTrustRule,
  exchangeToken,
  getTrustRule,
  listTrustRules,
} from './credentials/trust-rules.ts';
import { clearBans, getBans } from './endpoints/bans.ts';
import { changeEndpoint } from './endpoints/change-endpoint.ts';
import { createEndpoint } from './endpoints/create-endpoint.ts';
import { deleteEndpoint } from './endpoints/delete-endpoint.ts';
import { getActivity } from './endpoints/get-activity.ts';
import { getConnectionStrings } from './endpoints/get-connection-strings.ts';
import { getEndpoint } from './endpoints/get-endpoint.ts';
import { getPins } from './endpoints/get-pins.ts';
import { listDatabases } from './endpoints/list-databases.ts';
import { listEndpoints } from './endpoints/list-endpoints.ts';
import {
  drainEndpoint,
  getOrders,
  killPools,
  pausePools,
  reconnectPools,
  resumePools,
} from './endpoints/orders.ts';
import { probeUpstream } from './endpoints/probe-upstream.ts';
import { tryAddresses } from './endpoints/try-addresses.ts';
import { getMe } from './me/get-me.ts';
import type { Performances } from './operation.ts';
import { createApiKey, getApiKey, listApiKeys, revokeApiKey } from './organisations/api-keys.ts';
import { listAudit } from './organisations/list-audit.ts';
import {
  changeOrganisation,
  createOrganisation,
  getOrganisation,
  listOrganisations,
} from './organisations/organisations.ts';
import {
  createRole,
  deleteRole,
  endOverlap,
  getRole,
  importRole,
  listRoles,
  rotateRole,
} from './roles/roles.ts';
import { getSealKeys } from './service/get-seal-keys.ts';
import { changeTenant } from './tenants/change-tenant.ts';
import { createTenant } from './tenants/create-tenant.ts';
import { deleteTenant } from './tenants/delete-tenant.ts';
import { getTenant } from './tenants/get-tenant.ts';
import { listTenants } from './tenants/list-tenants.ts';
import { undeleteTenant } from './tenants/undelete-tenant.ts';
import { listUsage } from './usage/list-usage.ts';
import { listDeliveries, replayDelivery, testWebhook } from './webhooks/deliveries.ts';
import { endWebhookOverlap, rotateWebhookSecret } from './webhooks/secrets.ts';
import {
  changeWebhook,
  createWebhook,
  deleteWebhook,
  getWebhook,
  listWebhooks,
} from './webhooks/webhooks.ts';

export const performances: Performances = {
  getMe,
  createOrganisation,
  listOrganisations,
  getOrganisation,
  changeOrganisation,
  createApiKey,
  listApiKeys,
  getApiKey,
  revokeApiKey,
  getSealKeys,
  listAudit,
  createTenant,
  listTenants,
  getTenant,
  changeTenant,
  deleteTenant,
  undeleteTenant,
  probeUpstream,
  createEndpoint,
  listEndpoints,
  getEndpoint,
  changeEndpoint,
  deleteEndpoint,
  getConnectionStrings,
  listDatabases,
  getActivity,
  getPins,
  tryAddresses,
  createRole,
  importRole,
  listRoles,
  getRole,
  rotateRole,
  endOverlap,
  deleteRole,
  createCredential,
  listCredentials,
  revokeCredential,
  createTrustRule,
  listTrustRules,
  getTrustRule,
  changeTrustRule,
  deleteTrustRule,
  exchangeToken,
  listUsage,
  pausePools,
  resumePools,
  reconnectPools,
  killPools,
  drainEndpoint,
  getOrders,
  createWebhook,
  listWebhooks,
  getWebhook,
  changeWebhook,
  deleteWebhook,
  rotateWebhookSecret,
  endWebhookOverlap,
  testWebhook,
  listDeliveries,
  replayDelivery,
  getBans,
  clearBans,
};
