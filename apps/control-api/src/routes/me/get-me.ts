// GET /v1/me: whose key this is, what it may do, and what service it opens.
import { apiKeyReply, organisationReply } from '../../callers/replies.ts';
import { regionsOf } from '../../cells.ts';
import { version } from '../../version.ts';
import type { Perform } from '../operation.ts';

export const getMe: Perform<'getMe'> = async ({ caller }, { config, fleet }) => {
  const regions = [...regionsOf(config.cells, config.domain)];
  return {
    apiKey: apiKeyReply(caller),
    organisation: organisationReply(caller.organisation),
    service: {
      version,
      domain: regions[0]!.domain,
      regions,
      publicPort: config.publicPort,
      sharedState: fleet.kind,
    },
  };
};
