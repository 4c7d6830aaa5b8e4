// An endpoint's strings and snippets for one role and database.
import type { ConnectionStringsReply } from '@weir/api-contract';
import type { EndpointRecord } from '@weir/catalog';
import { domainOfRegion, endpointStrings, snippets } from '@weir/tenancy';
import type { ControlApiConfig } from '../config.ts';

/** What the strings are for; left out: the endpoint's own role and database, and no password. */
export interface StringsChoice {
  readonly role?: string | undefined;
  readonly database?: string | undefined;
  readonly password?: string | undefined;
}

export function connectionStringsReply(
  endpoint: EndpointRecord,
  { domain, publicPort }: Pick<ControlApiConfig, 'domain' | 'publicPort'>,
  choice: StringsChoice,
): ConnectionStringsReply {
  const role = choice.role ?? endpoint.serviceRole;
  const database = choice.database ?? endpoint.defaultDatabase;
  const { password } = choice;
  const strings = endpointStrings({
    endpointId: endpoint.id,
    domain: domainOfRegion(endpoint.region, domain),
    port: publicPort,
    role,
    password,
    database,
  });
  return {
    role,
    database,
    kind: endpoint.kind,
    passwordIncluded: password !== undefined,
    ...strings,
    snippets: [...snippets({ ...strings, kind: endpoint.kind })],
  };
}
