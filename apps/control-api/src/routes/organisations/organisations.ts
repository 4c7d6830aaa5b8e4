// Operations on organisations: who runs the installation makes others, everybody sees and renames their own.
import { randomBytes } from 'node:crypto';
import {
  allScopes,
  type CallerRecord,
  createApiKey,
  findOrganisation,
  listOrganisations as readOrganisations,
  renameOrganisation,
  createOrganisation as writeOrganisation,
} from '@weir/catalog';
import { isOrganisationId, newOrganisationId } from '@weir/tenancy';
import { apiKeyReply, organisationReply } from '../../callers/replies.ts';
import { ApiError } from '../../errors.ts';
import { pageOf, positionOf } from '../cursor.ts';
import type { Perform } from '../operation.ts';

export const createOrganisation: Perform<'createOrganisation'> = ({ body, create, reply }, { log }) =>
  create(async (change) => {
    const id = newOrganisationId(randomBytes);
    const organisation = await writeOrganisation(change, { id, name: body.name });
    const choice = { name: 'first key', scopes: allScopes, expiresAt: null };
    const { record, secret } = await createApiKey(change, id, choice);
    log.info({ organisationId: id }, 'creating an organisation');
    reply.header('location', `/v1/organisations/${id}`);
    return { organisation: organisationReply(organisation), apiKey: apiKeyReply(record), secret };
  });

export const listOrganisations: Perform<'listOrganisations'> = async ({ query, caller }, { catalog }) => {
  const { limit, cursor } = query;
  const found = await readOrganisations(catalog, {
    limit: limit + 1,
    after: positionOf(cursor, isOrganisationId),
    onlyId: caller.organisation.isOperator ? undefined : caller.organisationId,
  });
  return pageOf(found, limit, organisationReply);
};

export const getOrganisation: Perform<'getOrganisation'> = async ({ params, caller }, { catalog }) => {
  const organisation = maySee(caller, params.organisationId)
    ? await findOrganisation(catalog, params.organisationId)
    : null;
  if (organisation === null) throw new ApiError('organisation-not-found');
  return organisationReply(organisation);
};

export const changeOrganisation: Perform<'changeOrganisation'> = async (
  { params, body, caller, author, ifGeneration },
  { catalog },
) => {
  const { organisationId } = params;
  const { name } = body;
  if (!maySee(caller, organisationId)) throw new ApiError('organisation-not-found');
  const organisation = await (name === undefined
    ? findOrganisation(catalog, organisationId)
    : catalog.change(author, (change) => renameOrganisation(change, organisationId, name, ifGeneration)));
  if (organisation === null || organisation === 'absent') throw new ApiError('organisation-not-found');
  if (organisation === 'changed-meanwhile') throw new ApiError('precondition-failed');
  return organisationReply(organisation);
};

function maySee(caller: CallerRecord, organisationId: string): boolean {
  return caller.organisation.isOperator || caller.organisationId === organisationId;
}
