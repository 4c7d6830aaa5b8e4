// Changes an endpoint: where the database behind it is named anew, it is tried out first.
import { type ChangeEndpointBody, ramBytesOf, type UpstreamChange } from '@weir/api-contract';
import {
  type Author,
  changeEndpoint,
  type EndpointRecord,
  openServicePassword,
  type ProbedUpstream,
} from '@weir/catalog';
import { ApiError } from '../errors.ts';
import type { Parts } from '../parts.ts';
import { probeOptions } from '../upstream/ask-upstream.ts';
import { probeUpstream } from '../upstream/probe-upstream.ts';
import { findOwnEndpoint } from './find-own-endpoint.ts';

/** Throws ApiError; then nothing was changed. */
export async function reviseEndpoint(
  parts: Parts,
  author: Author,
  endpointId: string,
  body: ChangeEndpointBody,
  ifGeneration?: readonly number[],
): Promise<EndpointRecord> {
  const before = await findOwnEndpoint(parts, author.organisationId, endpointId);
  if (ifGeneration !== undefined && !ifGeneration.includes(before.generation)) {
    throw new ApiError('precondition-failed');
  }
  if (Object.values(body).every((value) => value === undefined)) return before;
  const probed = body.upstream === undefined ? undefined : await probeAgain(parts, before, body.upstream);
  const to = {
    status: body.status,
    probed,
    ramBytes: ramBytesOf(body) ?? undefined,
    sizing: body.sizing,
    settings: body.settings,
    authQuery: body.authQuery,
  };
  // What was probed was decided on the endpoint as it was; settings alone may be merged into whatever it is.
  const after = await parts.catalog.change(author, (change) =>
    changeEndpoint(change, endpointId, to, probed === undefined ? ifGeneration : [before.generation]),
  );
  if (after === 'absent') throw new ApiError('endpoint-not-found');
  if (after === 'changed-meanwhile') {
    throw new ApiError(ifGeneration === undefined ? 'changed-meanwhile' : 'precondition-failed');
  }
  parts.log.info({ endpointId, generation: after.generation }, 'endpoint changed');
  return after;
}

async function probeAgain(
  parts: Parts,
  before: EndpointRecord,
  change: UpstreamChange,
): Promise<ProbedUpstream> {
  // The schema asks for the password wherever host, port or user change, so the sealed one stays with its server.
  const password = change.password ?? (await openServicePassword(parts.catalog, before.id));
  if (password === null) throw new ApiError('endpoint-not-found');
  const { upstream } = before;
  return probeUpstream(
    {
      host: change.host ?? upstream.host,
      port: change.port ?? upstream.port,
      database: change.database ?? before.defaultDatabase,
      user: change.user ?? before.serviceRole,
      password,
      tlsMode: change.tlsMode ?? upstream.tlsMode,
      caPem: change.caPem === undefined ? upstream.caPem : change.caPem,
    },
    probeOptions(parts.config),
  );
}
