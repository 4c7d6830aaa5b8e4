// GET /v1/endpoints/:endpointId: an endpoint with its hosts, sizing and settings.
import { findOwnEndpoint } from '../../tenants/find-own-endpoint.ts';
import { endpointReply } from '../../tenants/replies.ts';
import type { Perform } from '../operation.ts';

export const getEndpoint: Perform<'getEndpoint'> = async ({ params, caller }, parts) =>
  endpointReply(await findOwnEndpoint(parts, caller.organisationId, params.endpointId), parts.config);
