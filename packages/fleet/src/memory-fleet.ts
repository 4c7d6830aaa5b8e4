// The fleet of one process: everything shared lives in this process's memory and dies with it. No sealing, as nothing leaves.
import type { PublishedEndpoint } from '@weir/tenancy';
import { CancelReceivers } from './cancel-receivers.ts';
import {
  type CancelForwarding,
  type EndpointDirectory,
  type EndpointPublisher,
  type Fleet,
  FleetUnavailableError,
  type ProcessRegistry,
  type ProcessReport,
  type SealKeyReport,
  type UsageReport,
} from './contract.ts';
import { Listeners } from './listeners.ts';
import { MemoryBans } from './memory-bans.ts';
import { MemoryConnects } from './memory-connects.ts';
import { MemoryLeases } from './memory-leases.ts';
import { processReportTtlMs } from './process-report.ts';
import { isLeftOver, isNewer, type RecordOrder } from './record-order.ts';
import { usageReportName, usageReportTtlMs } from './usage-report.ts';

interface MemoryRecord extends RecordOrder {
  /** Null: a tombstone. */
  readonly endpoint: PublishedEndpoint | null;
}

export interface MemoryFleetOptions {
  /** For tests that cannot wait 5 s. */
  readonly reportTtlMs?: number;
}

/** Shared state for control-api and one pooler in the same process. After `close` every call rejects with FleetUnavailableError. */
export function createMemoryFleet(options: MemoryFleetOptions = {}): Fleet {
  const reportTtlMs = options.reportTtlMs ?? processReportTtlMs;
  const records = new Map<string, MemoryRecord>();
  const listeners = new Listeners<string | null>();
  let completeEpoch: number | null = null;
  let closed = false;

  const insistOpen = () => {
    if (closed) throw new FleetUnavailableError('shared state of this process is closed');
  };
  const apply = (endpointId: string, record: MemoryRecord): 'applied' | 'stale' => {
    insistOpen();
    if (!isNewer(record, records.get(endpointId))) return 'stale';
    records.set(endpointId, record);
    listeners.tell(endpointId);
    return 'applied';
  };

  const directory: EndpointDirectory = {
    async lookUp(endpointId) {
      insistOpen();
      const record = records.get(endpointId);
      if (record === undefined) return { kind: completeEpoch === null ? 'not-known-yet' : 'absent' };
      if (isLeftOver(record, completeEpoch)) return { kind: 'absent' };
      if (record.endpoint === null) return { kind: 'deleted' };
      return { kind: 'found', endpoint: record.endpoint };
    },
    onChange: (listener) => listeners.add(listener),
  };

  const publisher: EndpointPublisher = {
    // Cloned, so that what the publisher does to its object later is not published by accident.
    publish: async (endpoint, epoch) =>
      apply(endpoint.endpointId, {
        epoch,
        generation: endpoint.generation,
        endpoint: structuredClone(endpoint),
      }),
    retire: async (endpointId, generation, epoch) => apply(endpointId, { epoch, generation, endpoint: null }),
    async markComplete(epoch) {
      insistOpen();
      if (completeEpoch !== null && epoch <= completeEpoch) return;
      completeEpoch = epoch;
      listeners.tell(null);
    },
    async completeEpoch() {
      insistOpen();
      return completeEpoch;
    },
    sealKeyIds: async (endpointIds) => endpointIds.map(() => null),
  };

  const reports = memoryReports<ProcessReport>(reportTtlMs, insistOpen);
  const registry: ProcessRegistry = {
    report: (report) => reports.put(report.processId, report),
    leave: reports.remove,
    all: reports.all,
    silent: reports.silent,
  };
  const sealKeyReports = memoryReports<SealKeyReport>(reportTtlMs, insistOpen);
  const usages = memoryReports<UsageReport>(usageReportTtlMs, insistOpen);

  const receivers = new CancelReceivers();
  const cancels: CancelForwarding = {
    receive: (giver, perform) => receivers.add(giver, perform),
    async forward(giver, request) {
      insistOpen();
      return receivers.perform(giver, request);
    },
  };

  return {
    kind: 'memory',
    directory,
    publisher,
    registry,
    sealKeys: {
      report: (report) => sealKeyReports.put(report.processId, report),
      leave: sealKeyReports.remove,
      all: sealKeyReports.all,
    },
    leases: new MemoryLeases(insistOpen),
    usage: { report: (report) => usages.put(usageReportName(report), report), all: usages.all },
    cancels,
    bans: new MemoryBans(insistOpen),
    connects: new MemoryConnects(insistOpen),
    healthy: () => !closed,
    async close() {
      closed = true;
      listeners.clear();
    },
  };
}

/** Reports that die unless they are renewed. */
function memoryReports<Report>(ttlMs: number, insistOpen: () => void) {
  const reports = new Map<string, { readonly report: Report; readonly goneAtMs: number }>();
  return {
    async put(name: string, report: Report): Promise<void> {
      insistOpen();
      reports.set(name, { report, goneAtMs: performance.now() + ttlMs });
    },
    async remove(name: string): Promise<void> {
      insistOpen();
      reports.delete(name);
    },
    async all(): Promise<readonly Report[]> {
      insistOpen();
      const now = performance.now();
      return [...reports.values()].filter(({ goneAtMs }) => goneAtMs > now).map(({ report }) => report);
    },
    async silent(): Promise<readonly string[]> {
      insistOpen();
      const now = performance.now();
      for (const [name, { goneAtMs }] of reports) if (goneAtMs + 9 * ttlMs <= now) reports.delete(name);
      return [...reports].filter(([, { goneAtMs }]) => goneAtMs <= now).map(([name]) => name);
    },
  };
}
