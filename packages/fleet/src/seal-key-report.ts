// What a process tells of its seal keys: how it is read back from text that anyone may have written, and who tells it when.
import type { Fleet, SealKeyReport } from './contract.ts';
import { recordIn } from './read-values.ts';
import type { SealKeyRing } from './seal-key-ring.ts';

const reportEachMs = 2_000;
const processes: readonly unknown[] = ['pooler', 'control-api', 'worker'];

/** Null if it is no report. */
export function parseSealKeyReport(text: string): SealKeyReport | null {
  const value = recordIn(text);
  if (value === null) return null;
  const { processId, process, keyIds, fault } = value;
  const isReport =
    typeof processId === 'string' &&
    processes.includes(process) &&
    Array.isArray(keyIds) &&
    keyIds.every((id) => typeof id === 'string') &&
    (fault === null || typeof fault === 'string');
  return isReport ? ({ processId, process, keyIds, fault } as SealKeyReport) : null;
}

/** Tells which keys a process has from now on, at once when they change. Returns the end of it. */
export function reportSealKeys(
  fleet: Pick<Fleet, 'sealKeys'>,
  ring: SealKeyRing,
  { processId, process }: Pick<SealKeyReport, 'processId' | 'process'>,
): () => Promise<void> {
  const report = (): void => {
    const keyIds = ring.keys.map(({ id }) => id);
    // One that did not arrive is made up for by the next; the fleet's health is told elsewhere.
    fleet.sealKeys.report({ processId, process, keyIds, fault: ring.fault }).catch(() => {});
  };
  const timer = setInterval(report, reportEachMs);
  timer.unref();
  const unsubscribe = ring.onChange(report);
  report();
  return async () => {
    clearInterval(timer);
    unsubscribe();
    await fleet.sealKeys.leave(processId).catch(() => {});
  };
}
