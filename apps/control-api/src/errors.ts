// The one table of what the API may answer when it cannot do as asked: slug, status, title, and what to do about it.

export interface ProblemDefinition {
  readonly status: number;
  readonly title: string;
  readonly action: string;
}

export const problems = {
  'malformed-body': {
    status: 400,
    title: 'The body is not JSON',
    action: 'Send a JSON object with content-type application/json.',
  },
  unauthenticated: {
    status: 401,
    title: 'No valid API key',
    action: 'Send the header "Authorization: Bearer weir_…" with a key that is neither expired nor revoked.',
  },
  'scope-missing': {
    status: 403,
    title: 'The API key may not do this',
    action: 'Use a key that has the scope named in the detail, or have one made with it.',
  },
  'operator-only': {
    status: 403,
    title: 'Only the organisation that runs this installation may do this',
    action: 'Ask whoever runs the installation.',
  },
  'no-such-route': {
    status: 404,
    title: 'There is nothing at this path',
    action: 'Compare method and path with /openapi.json.',
  },
  'organisation-not-found': {
    status: 404,
    title: 'There is no such organisation',
    action: 'GET /v1/me names the organisation of your key.',
  },
  'api-key-not-found': {
    status: 404,
    title: 'There is no such API key',
    action: 'List the keys of your organisation with GET /v1/api-keys; the id is not the key itself.',
  },
  'webhook-not-found': {
    status: 404,
    title: 'There is no such webhook',
    action: 'List the webhooks of your organisation with GET /v1/webhooks.',
  },
  'delivery-not-found': {
    status: 404,
    title: 'The webhook has no such delivery',
    action: 'List what it was told with GET /v1/webhooks/:webhookId/deliveries; it is kept for 30 days.',
  },
  'too-many-webhooks': {
    status: 409,
    title: 'The organisation has as many webhooks as it may have',
    action: 'Delete one that is no longer needed, or let one receiver hear of more events.',
  },
  'webhook-url-refused': {
    status: 422,
    title: 'Weir does not send to this URL',
    action:
      'Give a host name with a public address. Loopback and private addresses need WEIR_EGRESS_ALLOW at control-api.',
  },
  'tenant-not-found': {
    status: 404,
    title: 'There is no such tenant',
    action: 'List the tenants with GET /v1/tenants, and the deleted ones with ?status=deleted.',
  },
  'tenant-not-deleted': {
    status: 404,
    title: 'There is no such tenant to undelete',
    action: 'List those that can be undeleted with GET /v1/tenants?status=deleted.',
  },
  'endpoint-not-found': {
    status: 404,
    title: 'There is no such endpoint',
    action: 'List the endpoints of the tenant; a deleted one does not come back.',
  },
  'role-not-found': {
    status: 404,
    title: 'The catalog knows no such role of this endpoint',
    action:
      'List the roles with GET /v1/endpoints/:endpointId/roles; import one that exists in the database.',
  },
  'credential-not-found': {
    status: 404,
    title: 'There is no such credential',
    action: 'List those that have not expired with GET /v1/tenants/:tenantId/credentials.',
  },
  'trust-rule-not-found': {
    status: 404,
    title: 'There is no such trust rule',
    action: 'List those of the tenant with GET /v1/tenants/:tenantId/trust-rules.',
  },
  'token-invalid': {
    status: 401,
    title: 'The token is not valid',
    action:
      'Get a new one from its issuer, and send it as it came. The detail says what is wrong with this one.',
  },
  'token-not-trusted': {
    status: 403,
    title: 'The trust rule does not trust this token',
    action: 'Compare the claims named in "errors" with the rule, and change the one or the other.',
  },
  'issuer-refused': {
    status: 422,
    title: 'Weir does not ask this issuer for its keys',
    action:
      'Give an https:// URL with a public address. Loopback and private addresses need WEIR_EGRESS_ALLOW at control-api.',
  },
  'issuer-unavailable': {
    status: 422,
    title: 'The keys of the issuer cannot be had',
    action: "Try again in a moment. If it stays so, compare the rule's issuer with what answers there.",
  },
  'too-many-trust-rules': {
    status: 409,
    title: 'The tenant has as many trust rules as it may have',
    action: 'Delete one that is no longer needed, or let one mean more subjects with a *.',
  },
  'changed-meanwhile': {
    status: 409,
    title: 'It was changed by somebody else meanwhile',
    action: 'Read it again and repeat the change if it still makes sense.',
  },
  'role-exists': {
    status: 409,
    title: 'The database has a role of this name already',
    action: 'Import it, or choose another name.',
  },
  'role-has-objects': {
    status: 409,
    title: 'The role owns things in the database',
    action: 'Give them to another role (REASSIGN OWNED), or forget the role without dropping it.',
  },
  'role-is-service-role': {
    status: 409,
    title: 'Weir itself logs in as this role',
    action: 'Give the endpoint another user first, with PATCH and "upstream".',
  },
  'too-many-credentials': {
    status: 409,
    title: 'The endpoint has as many credentials as it may have',
    action: 'Use one for several connections, let them live shorter, or revoke some.',
  },
  'role-password-unknown': {
    status: 409,
    title: 'The password of the role is not kept',
    action: 'Import the role with its password first: Weir then logs in to the database in its place.',
  },
  'precondition-failed': {
    status: 412,
    title: 'It was changed since you read it',
    action: 'Read it again, and repeat the change with the new ETag if it still makes sense.',
  },
  'last-admin-key': {
    status: 409,
    title: 'It is the last key that can make keys',
    action: 'Create another key with the scopes admin and secrets first, then revoke this one.',
  },
  'body-too-large': {
    status: 413,
    title: 'The body is too large',
    action: 'Send less; a CA file may have at most 256 kB.',
  },
  'unsupported-media-type': {
    status: 415,
    title: 'The content type is not supported',
    action: 'Send a JSON object with content-type application/json.',
  },
  'validation-failed': {
    status: 422,
    title: 'The request is not as the API wants it',
    action: 'Correct the fields named in "errors".',
  },
  'idempotency-key-reused': {
    status: 422,
    title: 'The Idempotency-Key was used for another body',
    action: 'Send a new key with each new request, and the same key only with the same body.',
  },
  'too-many-requests': {
    status: 429,
    title: 'There were too many requests',
    action: 'Wait as many seconds as the Retry-After header says.',
  },
  'upstream-dns': {
    status: 422,
    title: "The database's host name cannot be resolved",
    action: 'Check the name for typing errors, and that it is known outside your network.',
  },
  'paused-wider': {
    status: 409,
    title: 'A pause of more than this stands',
    action: 'Resume what was paused, or the whole endpoint; GET …/orders lists what stands.',
  },
  'too-many-pauses': {
    status: 409,
    title: 'Too many pauses stand',
    action: 'Pause the whole endpoint, or resume pools that need not be paused any more.',
  },
  'upstream-forbidden': {
    status: 422,
    title: "The database's address is not allowed",
    action: 'Use a public address, or ask the operator to allow private ones (WEIR_EGRESS_ALLOW).',
  },
  'upstream-is-weir': {
    status: 422,
    title: 'The address is Weir itself',
    action: 'Give the address of the Postgres server, not a connection string of Weir.',
  },
  'upstream-refused': {
    status: 422,
    title: 'The database refused the connection',
    action: 'Check the port, that Postgres runs, and that listen_addresses and firewalls let Weir in.',
  },
  'upstream-unreachable': {
    status: 422,
    title: 'The database cannot be reached',
    action: 'Check address and routing; an IPv6 address needs IPv6 on the machine that Weir runs on.',
  },
  'upstream-timeout': {
    status: 422,
    title: 'The database did not answer in time',
    action: 'Check address and port; a firewall that drops packets silently looks like this.',
  },
  'upstream-not-postgres': {
    status: 422,
    title: 'What answers there is not Postgres',
    action: 'Check the port; Postgres usually listens on 5432.',
  },
  'upstream-tls-not-offered': {
    status: 422,
    title: 'The database does not offer TLS',
    action:
      'Turn TLS on at the server (ssl = on), or choose tlsMode disable if the network between is your own.',
  },
  'upstream-tls-untrusted': {
    status: 422,
    title: "The database's certificate is not trusted",
    action:
      "Give the CA's certificate as caPem, or choose tlsMode require, which encrypts without verifying.",
  },
  'upstream-tls-name-mismatch': {
    status: 422,
    title: "The database's certificate is for another host name",
    action:
      'Use the host name that the certificate names, or tlsMode verify-ca, which does not compare names.',
  },
  'upstream-tls-expired': {
    status: 422,
    title: "The database's certificate is not valid now",
    action: 'Renew the certificate at the server, or compare the clocks of both machines.',
  },
  'upstream-tls-failed': {
    status: 422,
    title: 'TLS with the database failed',
    action: 'Check that the server speaks TLS 1.2 or newer and does not ask for a client certificate.',
  },
  'upstream-password-wrong': {
    status: 422,
    title: 'The database did not take user and password',
    action:
      'Try the same user and password with psql; set it anew with ALTER ROLE … PASSWORD if it fails there too.',
  },
  'upstream-login-refused': {
    status: 422,
    title: 'The database does not let this user in',
    action:
      'Check that the role may log in and that pg_hba.conf lets it in from the address of Weir with this tlsMode.',
  },
  'upstream-database-missing': {
    status: 422,
    title: 'The database does not exist on the server',
    action: 'Check the name, upper and lower case too, or create it.',
  },
  'upstream-too-old': {
    status: 422,
    title: 'The Postgres version is too old',
    action: 'Weir needs Postgres 13 or newer.',
  },
  'upstream-busy': {
    status: 422,
    title: 'The database takes no connections now',
    action:
      'It has no free slot, or is starting or stopping. Try again; close idle connections if it stays so.',
  },
  'upstream-permission-missing': {
    status: 422,
    title: 'The database does not let the role of Weir do this',
    action: 'Give it CREATEROLE and ADMIN on the roles concerned, or do it yourself and import the role.',
  },
  'upstream-role-missing': {
    status: 422,
    title: 'The database has no such role',
    action: 'Check the name, upper and lower case too, or create the role.',
  },
  'upstream-verifier-missing': {
    status: 422,
    title: "The role's SCRAM verifier cannot be read from the database",
    action: 'Import the role with its password.',
  },
  'upstream-failed': {
    status: 422,
    title: 'The database could not be tried out',
    action: "See the server's own words in the detail.",
  },
  internal: {
    status: 500,
    title: 'Weir failed',
    action: 'Try again; if it stays so, look for the requestId in the log of control-api.',
  },
  'catalog-unavailable': {
    status: 503,
    title: 'The catalog database does not answer',
    action: 'Try again in a moment. What was acknowledged before is kept.',
  },
  'seal-key-missing': {
    status: 503,
    title: 'A seal key that a stored secret needs is gone from the key file of control-api',
    action:
      'Whoever runs the installation puts the key back (WEIR_SEAL_KEY_FILE); GET /v1/seal-keys says what needs it.',
  },
  'rotation-unfinished': {
    status: 503,
    title: 'It is not known whether the database has taken the new password',
    action: 'Rotate again, which finishes it. Until then clients may use the password they have.',
  },
  'shared-state-unavailable': {
    status: 503,
    title: 'The shared state of the fleet does not answer',
    action: 'Try again in a moment. Connections through the poolers are not touched by this.',
  },
} as const satisfies Record<string, ProblemDefinition>;

export type ProblemSlug = keyof typeof problems;

/** A field at fault: dotted path (`upstream.port`) and why. */
export interface FieldFault {
  readonly field: string;
  readonly message: string;
}

/** A request that cannot be done, for a reason of the table. Thrown deep, rendered once. */
export class ApiError extends Error {
  override name = 'ApiError';
  readonly slug: ProblemSlug;
  readonly detail: string | undefined;
  readonly faults: readonly FieldFault[] | undefined;

  constructor(
    slug: ProblemSlug,
    facts: {
      readonly detail?: string;
      readonly faults?: readonly FieldFault[];
      readonly cause?: unknown;
    } = {},
  ) {
    super(
      facts.detail ?? problems[slug].title,
      facts.cause === undefined ? undefined : { cause: facts.cause },
    );
    this.slug = slug;
    this.detail = facts.detail;
    this.faults = facts.faults;
  }
}
