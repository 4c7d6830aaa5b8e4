// What this process has seen of an endpoint's database lately, for whoever watches its health.
import type { UpstreamReport } from '@weir/fleet';
import { asPoolerError } from '../errors.ts';
import type { ServedEndpoint } from '../pools/served-endpoint.ts';

export function reportUpstream(served: ServedEndpoint, nowMs: number): UpstreamReport {
  const { circuit } = served;
  const answeredAtMs = Math.max(circuit.openedAtMs, served.answeredAtMs);
  const { present } = circuit;
  const error = present === null ? null : asPoolerError(present.cause);
  return {
    answeredMsAgo: answeredAtMs < 0 ? null : Math.round(nowMs - answeredAtMs),
    trouble:
      error === null
        ? null
        : {
            code: error.code,
            sqlstate: error.sqlstate,
            forMs: Math.round(nowMs - circuit.troubleSinceMs),
          },
    openMs: circuit.openMs < 0 ? null : Math.round(circuit.openMs),
  };
}
