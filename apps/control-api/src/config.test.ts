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
    publicPort: 5432,
    egressAllow: { loopback: false, private: false },
    ownListeners: [],
    firstKeyFile: null,
    requestsPerMinute: 6000,
    exchangesPerMinute: 600,
    healthCheckMs: 1_800_000,
    deletionGraceMs: 259_200_000,
    jobs: 'here',
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
