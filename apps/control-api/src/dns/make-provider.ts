// Makes the provider of DNS records that the configuration names.
import { readFileSync } from 'node:fs';
import { ConfigError, type DnsConfig } from '../config.ts';
import type { DnsProvider } from './dns-provider.ts';
import { fileProvider } from './file-provider.ts';
import { lessOften } from './less-often.ts';
import { webhookProvider } from './webhook-provider.ts';

/** Throws ConfigError if the secret of a webhook cannot be read. */
export function makeDnsProvider(config: DnsConfig): DnsProvider {
  if (config.kind !== 'webhook') return lessOften(fileProvider(config.path, config.kind));
  let secret: string;
  try {
    secret = readFileSync(config.secretFile, 'utf8').trim();
  } catch (error) {
    throw new ConfigError(`WEIR_DNS_SECRET_FILE: ${(error as Error).message}`);
  }
  if (!/^whsec_[A-Za-z0-9+/]{32,}={0,2}$/.test(secret))
    throw new ConfigError('WEIR_DNS_SECRET_FILE does not hold whsec_ and the base64 of at least 24 bytes');
  return lessOften(webhookProvider(config.url, secret));
}
