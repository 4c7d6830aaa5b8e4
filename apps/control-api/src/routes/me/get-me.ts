// GET /v1/me: whose key this is, what it may do, and what service it opens.
import { apiKeyReply, organisationReply } from '../../callers/replies.ts';
import { version } from '../../version.ts';
import type { Perform } from '../operation.ts';

export const getMe: Perform<'getMe'> = async ({ caller }, { config, fleet }) => ({
  apiKey: apiKeyReply(caller),
  organisation: organisationReply(caller.organisation),
  service: {
    version,
    domain: config.domain,
    publicPort: config.publicPort,
    sharedState: fleet.kind,
  },
});
