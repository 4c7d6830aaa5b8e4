// A provider of DNS records that is asked less and less often while it fails.
import type { DnsProvider } from './dns-provider.ts';

const firstPauseMs = 5_000;
const pauseMsMax = 5 * 60_000;

/** After a failure `provider` is left alone, twice as long each time; until then the same failure is the answer. */
export function lessOften(provider: DnsProvider, nowMs = () => performance.now()): DnsProvider {
  let failed: { readonly error: unknown; readonly pauseMs: number; readonly untilMs: number } | null = null;
  return {
    ...provider,
    async publish(changes, all) {
      if (failed !== null && nowMs() < failed.untilMs) throw failed.error;
      try {
        await provider.publish(changes, all);
        failed = null;
      } catch (error) {
        const pauseMs = failed === null ? firstPauseMs : Math.min(failed.pauseMs * 2, pauseMsMax);
        failed = { error, pauseMs, untilMs: nowMs() + pauseMs };
        throw error;
      }
    },
  };
}
