// PATCH /v1/endpoints/:endpointId: settings, memory, status, or the database behind it.
import { endpointReply } from '../../tenants/replies.ts';
import { reviseEndpoint } from '../../tenants/revise-endpoint.ts';
import type { Perform } from '../operation.ts';

export const changeEndpoint: Perform<'changeEndpoint'> = async (
  { params, body, author, ifGeneration },
  parts,
) => endpointReply(await reviseEndpoint(parts, author, params.endpointId, body, ifGeneration), parts.config);
