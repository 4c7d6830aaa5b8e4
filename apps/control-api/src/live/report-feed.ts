// The poolers' reports as they come, read once for all who watch, and not at all while nobody does.
import type { ProcessReport } from '@weir/fleet';

/** As often as poolers report. */
const periodMs = 1000;

export interface ReportFeed {
  /** The next reports, within a second. Rejects when shared state does not answer, or once the feed is closed. */
  next(): Promise<readonly ProcessReport[]>;
  /** Ends every wait for the next. */
  close(): void;
}

export function createReportFeed(all: () => Promise<readonly ProcessReport[]>): ReportFeed {
  let coming: Promise<readonly ProcessReport[]> | null = null;
  let stop: (() => void) | null = null;
  let isClosed = false;
  const read = async () => {
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, periodMs);
      stop = () => {
        clearTimeout(timer);
        resolve();
      };
    });
    coming = null;
    if (isClosed) throw new Error('the feed is closed');
    return all();
  };
  return {
    next() {
      if (isClosed) return Promise.reject(new Error('the feed is closed'));
      coming ??= read();
      return coming;
    },
    close() {
      isClosed = true;
      stop?.();
    },
  };
}
