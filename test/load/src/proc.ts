// Reads CPU time and memory of processes from /proc. Linux only, as the poolers' figures are.
import { readdirSync, readFileSync } from 'node:fs';

/** One look at the machine's clocks. */
export interface MachineCpu {
  readonly atMs: number;
  /** CPU of everything on the machine, in microseconds; steal is apart. */
  readonly busyUs: number;
  readonly stealUs: number;
  /** CPU of this process and all its descendants, the dead ones included. */
  readonly oursUs: number;
}

// USER_HZ, fixed at 100 on every Linux that Node runs on.
const tickUs = 10_000;

/** CPU time of one process, all its threads, in microseconds. */
export function processCpuUs(pid: number): number {
  let totalNs = 0;
  for (const thread of readdirSync(`/proc/${pid}/task`)) {
    const text = readOrNull(`/proc/${pid}/task/${thread}/schedstat`);
    // Without schedstat the kernel was built without it: the coarse clock then serves.
    if (text === null) return coarseCpuUs(pid);
    totalNs += Number(text.split(' ')[0]);
  }
  return totalNs / 1000;
}

/** Reads the machine's clocks and those of everything that descends from this process. */
export function machineCpu(): MachineCpu {
  const fields = readFileSync('/proc/stat', 'utf8').split('\n')[0]!.trim().split(/\s+/).slice(1).map(Number);
  const [user = 0, nice = 0, system = 0, , , irq = 0, softirq = 0, steal = 0] = fields;
  return {
    atMs: performance.now(),
    busyUs: (user + nice + system + irq + softirq) * tickUs,
    stealUs: steal * tickUs,
    oursUs: descendantsCpuUs(process.pid),
  };
}

/** CPU of unrelated processes and of the hypervisor between two looks, in per cent of one core. */
export function noiseBetween(
  before: MachineCpu,
  after: MachineCpu,
): { othersPercent: number; stealPercent: number } {
  const wallUs = (after.atMs - before.atMs) * 1000;
  const others = after.busyUs - before.busyUs - (after.oursUs - before.oursUs);
  return {
    othersPercent: Math.max(0, (others / wallUs) * 100),
    stealPercent: ((after.stealUs - before.stealUs) / wallUs) * 100,
  };
}

interface Stat {
  readonly parent: number;
  readonly ownTicks: number;
  readonly reapedTicks: number;
}

// A child's time moves into its parent's «reaped» account when it ends, so the sum over living descendants never shrinks.
function descendantsCpuUs(root: number): number {
  const stats = new Map<number, Stat>();
  for (const name of readdirSync('/proc')) {
    if (!/^\d+$/.test(name)) continue;
    const stat = readStat(Number(name));
    if (stat !== null) stats.set(Number(name), stat);
  }
  const ours = new Set([root]);
  for (let grew = true; grew; ) {
    grew = false;
    for (const [pid, stat] of stats) {
      if (!ours.has(pid) && ours.has(stat.parent)) {
        ours.add(pid);
        grew = true;
      }
    }
  }
  let ticks = 0;
  for (const pid of ours) {
    const stat = stats.get(pid);
    if (stat) ticks += stat.ownTicks + stat.reapedTicks;
  }
  return ticks * tickUs;
}

function coarseCpuUs(pid: number): number {
  return (readStat(pid)?.ownTicks ?? Number.NaN) * tickUs;
}

function readStat(pid: number): Stat | null {
  const text = readOrNull(`/proc/${pid}/stat`);
  if (text === null) return null;
  // The name in brackets may hold spaces and brackets itself.
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
  const number = (index: number) => Number(fields[index]);
  return { parent: number(1), ownTicks: number(11) + number(12), reapedTicks: number(13) + number(14) };
}

function readOrNull(path: string): string | null {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return null;
  }
}
