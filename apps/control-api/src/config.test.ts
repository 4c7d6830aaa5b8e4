// Reading the environment: defaults, and faults named all at once.
import { expect, test } from 'vitest';
import { ConfigError, parseListenAddress, readControlApiConfig } from './config.ts';

const least = { WEIR_CATALOG_URL: 'postgresql://x', WEIR_SEAL_KEY_FILE: '/k' };

test('the least environment gives the defaults', () => {
  expect(readControlApiConfig(least)).toEqual({
    listen: { host: '127.0.0.1', port: 8080 },
    catalogUrl: 'postgresql://x',
    redisUrl: null,
    sealKeyFile: '/k',
    domain: 'db.localhost',
    cells: [{ id: 'default', region: 'default' }],
    publicPort: 5432,
    egressAllow: { loopback: false, private: false },
    ownListeners: [],
    firstKeyFile: null,
    requestsPerMinute: 6000,
    exchangesPerMinute: 600,
    healthCheckMs: 1_800_000,
    deletionGraceMs: 259_200_000,
    jobs: 'here',
    dns: null,
    dashboardDir: null,
    logLevel: 'info',
  });
});

test('lists are split, and addresses may be IPv6', () => {
  const config = readControlApiConfig({
    ...least,
    WEIR_EGRESS_ALLOW: 'loopback, private',
    WEIR_OWN_LISTENERS: '127.0.0.1:6432,[::1]:6432',
  });
  expect(config.egressAllow).toEqual({ loopback: true, private: true });
  expect(config.ownListeners).toEqual([
    { address: '127.0.0.1', port: 6432 },
    { address: '::1', port: 6432 },
  ]);
});

test('DNS records go to a file or to a webhook, and lead to one name or to addresses', () => {
  const dns = (env: Record<string, string>) => readControlApiConfig({ ...least, ...env }).dns;
  expect(dns({ WEIR_DNS: 'zone:/z', WEIR_DNS_TARGETS: 'cell-1.example.com' })).toEqual({
    kind: 'zone',
    path: '/z',
    targets: new Map([['default', ['cell-1.example.com']]]),
  });
  const addresses = { WEIR_DNS_TARGETS: '192.0.2.1, 2001:db8::1' };
  expect(dns({ WEIR_DNS: 'https://dns.example.com/weir', WEIR_DNS_SECRET_FILE: '/s', ...addresses })).toEqual(
    {
      kind: 'webhook',
      url: 'https://dns.example.com/weir',
      secretFile: '/s',
      targets: new Map([['default', ['192.0.2.1', '2001:db8::1']]]),
    },
  );
  for (const [env, fault] of [
    [{ WEIR_DNS: 'zone:/z' }, 'WEIR_DNS_TARGETS'],
    [{ WEIR_DNS: 'zone:/z', WEIR_DNS_TARGETS: 'a.example.com,b.example.com' }, 'WEIR_DNS_TARGETS'],
    [{ WEIR_DNS: 'zone:/z', WEIR_DNS_TARGETS: 'a.example.com. 60 IN A 192.0.2.1' }, 'WEIR_DNS_TARGETS'],
    [{ WEIR_DNS: 'zone:/z', WEIR_DNS_TARGETS: 'fe80::1%eth0' }, 'WEIR_DNS_TARGETS'],
    [{ WEIR_DNS: 'zone:/z', WEIR_DOMAIN: 'a.b\n* IN A 192.0.2.9', ...addresses }, 'WEIR_DOMAIN'],
    [{ WEIR_DNS: 'hosts:/h', WEIR_DNS_TARGETS: 'cell-1.example.com' }, 'a hosts file has addresses'],
    [{ WEIR_DNS: 'hosts:/h', WEIR_DNS_TARGETS: 'cell-1.example.com;default=192.0.2.1' }, 'a hosts file has'],
    [{ WEIR_DNS: 'route:x', ...addresses }, 'WEIR_DNS is none of'],
    [{ WEIR_DNS: 'https://dns.example.com', ...addresses }, 'WEIR_DNS_SECRET_FILE is missing'],
  ] as const)
    expect(() => dns(env)).toThrow(fault);
});

test('cells are named with their regions, and each may have a target of its own', () => {
  const cells = { WEIR_CELLS: 'eu/eu-1, eu/eu-2, us/us-1' };
  expect(readControlApiConfig({ ...least, ...cells }).cells).toEqual([
    { region: 'eu', id: 'eu-1' },
    { region: 'eu', id: 'eu-2' },
    { region: 'us', id: 'us-1' },
  ]);
  const targets = (value: string) => {
    const env = { ...least, ...cells, WEIR_DNS: 'zone:/z', WEIR_DNS_TARGETS: value };
    return Object.fromEntries(readControlApiConfig(env).dns!.targets);
  };
  expect(targets('a.example.com; us-1=192.0.2.1,192.0.2.2')).toEqual({
    'eu-1': ['a.example.com'],
    'eu-2': ['a.example.com'],
    'us-1': ['192.0.2.1', '192.0.2.2'],
  });
  expect(targets('eu-1=a.example.com;eu-2=b.example.com;us-1=c.example.com')).toEqual({
    'eu-1': ['a.example.com'],
    'eu-2': ['b.example.com'],
    'us-1': ['c.example.com'],
  });
  expect(() => targets('eu-1=a.example.com')).toThrow('no target for cell eu-2, us-1');
  expect(() => targets('a.example.com;us-2=b.example.com')).toThrow('there is no cell "us-2"');
  expect(() => targets('a.example.com;us-1=b,c')).toThrow('neither one host name nor');
  for (const word of ['eu', 'eu/', '/eu-1', 'EU/eu-1', 'eu/eu-1/a', 'api/eu-1', 'eu/1', 'eu/eu-'])
    expect(() => readControlApiConfig({ ...least, WEIR_CELLS: word })).toThrow(`WEIR_CELLS: "${word}"`);
  expect(() => readControlApiConfig({ ...least, WEIR_CELLS: 'eu/a,us/a' })).toThrow('names cell a twice');
});

test('every fault is named in one go', () => {
  const read = () =>
    readControlApiConfig({
      WEIR_API_LISTEN: 'x',
      WEIR_PUBLIC_PORT: '0',
      WEIR_EGRESS_ALLOW: 'all',
      WEIR_LOG_LEVEL: 'loud',
      WEIR_API_REQUESTS_PER_MINUTE: '0',
      WEIR_DELETION_GRACE_HOURS: 'long',
    });
  expect(read).toThrow(ConfigError);
  for (const name of [
    'API_LISTEN',
    'PUBLIC_PORT',
    'EGRESS_ALLOW',
    'LOG_LEVEL',
    'API_REQUESTS_PER_MINUTE',
    'DELETION_GRACE_HOURS',
    'CATALOG_URL',
    'SEAL_KEY_FILE',
  ]) {
    expect(read).toThrow(`WEIR_${name}`);
  }
});

test('what is no address and port is none', () => {
  for (const value of ['', '1.2.3.4', ':80', '::1:80', '1.2.3.4:99999', '[1.2.3.4:80']) {
    expect(parseListenAddress(value), value).toBeNull();
  }
});
