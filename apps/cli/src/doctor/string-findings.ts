// What a connection string alone shows to be wrong with it. Nothing is resolved or connected to.
import {
  type ConnectionStringParts,
  type EndpointAddress,
  endpointLabel,
  parseEndpointLabel,
} from '@weir/tenancy';
import { type Finding, finding } from './finding.ts';

export type Purpose = 'application' | 'migrations';

/** What a string claims about its endpoint: by its host, its options, or the end of its role. */
export interface NamedEndpoint extends EndpointAddress {
  readonly by: 'host' | 'options' | 'role';
}

// Habits from other poolers and drivers, which change nothing here: Weir leaves them out of the startup packet.
const needless: Readonly<Record<string, string>> = {
  pgbouncer: 'prepared statements work on the pooled host as they are',
  connection_limit: 'only Prisma up to 6 reads it; Weir queues what is more than the pool',
  pool_timeout: 'only Prisma up to 6 reads it; the endpoint has queryWaitTimeoutMs',
  statement_cache_size: 'prepared statements work on the pooled host as they are',
};
const disabling: Readonly<Record<string, string>> = {
  prepareThreshold: '0',
  default_query_exec_mode: 'simple_protocol',
  prepared_statements: 'false',
};

/** Every endpoint that the string names, the one that counts first. */
export function namedEndpoints({ host, params = {}, role }: ConnectionStringParts): readonly NamedEndpoint[] {
  const labels = [
    ['host', host.split('.')[0] ?? ''],
    ['options', /(?:^|\s)(?:-c\s*|--)?endpoint=(\S+)/.exec(params.options ?? '')?.[1] ?? ''],
    ['role', role.slice(role.lastIndexOf('.') + 1)],
  ] as const;
  return labels.flatMap(([by, label]) => {
    const address = parseEndpointLabel(label);
    return address === null ? [] : [{ ...address, by }];
  });
}

/** Why a text is no connection string, as far as can be told. */
export function unreadableFinding(text: string): Finding {
  const says = (hint: string) => finding('error', 'unreadable', 'this is not a connection string', hint);
  if (!/^postgres(?:ql)?:\/\//i.test(text)) {
    return says('it begins with postgresql://; put it into single quotes, so that the shell leaves it alone');
  }
  const authority = text.replace(/^[^:]+:\/\//, '');
  if (/[#?/].*@/.test(authority) || authority.split('@').length > 2) {
    return says(
      'percent-encode what the password holds: @ is %40, : is %3A, / is %2F, ? is %3F, # is %23, % is %25',
    );
  }
  return says('the form is postgresql://role:password@host:5432/database?sslmode=require');
}

/** Findings about a string that could be read. */
export function stringFindings(parts: ConnectionStringParts, purpose: Purpose | null): readonly Finding[] {
  const { params = {}, password } = parts;
  const found: Finding[] = [
    ...tlsFindings(params.sslmode),
    ...endpointFindings(parts),
    ...sideFindings(parts, purpose),
  ];
  if (password === null || password === undefined) {
    const hint = 'add it, percent-encoded, or set PGPASSWORD; Weir shows it only when the endpoint is made';
    found.push(finding('warning', 'password-missing', 'the string holds no password', hint));
  }
  for (const [name, value] of Object.entries(params)) {
    const why = needless[name] ?? (disabling[name] === value ? needless.pgbouncer : undefined);
    if (why === undefined) continue;
    const message = `${name}=${value} is not needed: ${why}`;
    found.push(finding('note', 'parameter-needless', message, 'leave it out'));
  }
  return found;
}

function tlsFindings(sslmode: string | undefined): Finding[] {
  const hint = 'add sslmode=require, or sslmode=verify-full to verify the certificate too';
  switch (sslmode) {
    case 'disable':
      return [
        finding('error', 'tls-off', 'sslmode=disable sends everything readable, and Weir refuses it', hint),
      ];
    case undefined:
      return [
        finding(
          'warning',
          'tls-not-asked',
          'the string does not ask for TLS; some clients then do without',
          hint,
        ),
      ];
    case 'allow':
    case 'prefer':
      return [finding('warning', 'tls-not-asked', `sslmode=${sslmode} falls back to no TLS`, hint)];
    case 'require':
    case 'no-verify': {
      const message = `sslmode=${sslmode} encrypts, but libpq and others then verify no certificate`;
      return [finding('note', 'tls-unverified', message, 'sslmode=verify-full verifies it everywhere')];
    }
    default:
      return [];
  }
}

function endpointFindings(parts: ConnectionStringParts): Finding[] {
  const named = namedEndpoints(parts);
  const [first, ...others] = named;
  if (first === undefined) {
    const hint = 'copy the string from the dashboard, or add options=endpoint%3D<endpoint id>';
    return [finding('error', 'endpoint-missing', `${parts.host} names no endpoint of a Weir`, hint)];
  }
  const label = (one: NamedEndpoint) => endpointLabel(one.endpointId, one.pooled);
  const found: Finding[] = [];
  const other = others.find((one) => label(one) !== label(first));
  if (other !== undefined) {
    const message = `the ${first.by} names ${label(first)}, the ${other.by} ${label(other)}`;
    found.push(finding('error', 'endpoint-conflict', message, 'leave only one of them in the string'));
  }
  const sendsNoName = parts.params?.sslmode === 'disable' || parts.params?.sslsni === '0';
  if (first.by === 'host' && others.length === 0 && sendsNoName) {
    const hint = `add options=endpoint%3D${label(first)}, which needs no server name`;
    found.push(
      finding('error', 'sni-missing', 'the endpoint is named by the host, and no SNI is sent', hint),
    );
  }
  return found;
}

function sideFindings(parts: ConnectionStringParts, purpose: Purpose | null): Finding[] {
  const [first] = namedEndpoints(parts);
  if (first === undefined || purpose === null) return [];
  if (purpose === 'migrations' && first.pooled) {
    const message =
      'this is the pooled side; migrations hold locks and sessions, which pin server connections';
    const hint = `use the direct side: ${endpointLabel(first.endpointId, false)} in place of ${endpointLabel(first.endpointId, true)}`;
    return [finding('warning', 'wrong-side', message, hint)];
  }
  if (purpose === 'application' && !first.pooled) {
    const message =
      'this is the direct side: each client holds one of the few server connections until it leaves';
    const hint = `use the pooled side: ${endpointLabel(first.endpointId, true)} in place of ${endpointLabel(first.endpointId, false)}`;
    return [finding('warning', 'wrong-side', message, hint)];
  }
  return [];
}
