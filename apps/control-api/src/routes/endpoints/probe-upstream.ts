// POST /v1/upstreams/probe: whether an endpoint could use a database, and what its sizing would need.
import { probeOptions } from '../../upstream/ask-upstream.ts';
import { probeUpstream as probe } from '../../upstream/probe-upstream.ts';
import type { Perform } from '../operation.ts';

export const probeUpstream: Perform<'probeUpstream'> = async ({ body: { upstream } }, { config }) => {
  const found = await probe({ ...upstream, caPem: upstream.caPem ?? null }, probeOptions(config));
  const { maxConnections, reservedConnections } = found;
  return { serverVersion: found.upstream.serverVersion, maxConnections, reservedConnections };
};
