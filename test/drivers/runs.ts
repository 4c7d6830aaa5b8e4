// The ways in which every driver is tried: both hosts, TLS with and without verification, by name and by option.
import type { UrlOptions } from '@weir/harness';
import type { HostKind, Subject } from './subject.ts';

/** One connection string for one run of a driver's program. */
export interface Run {
  readonly name: string;
  readonly host: HostKind;
  readonly options: Pick<UrlOptions, 'by' | 'sslmode'>;
}

// Both routes and both TLS modes are seen on both hosts, without running every combination.
export const runs: readonly Run[] = [
  { name: 'pooled host, sslmode=require', host: 'pooled', options: { sslmode: 'require', by: 'options' } },
  { name: 'direct host, sslmode=require', host: 'direct', options: { sslmode: 'require', by: 'options' } },
  {
    name: 'pooled host, sslmode=verify-full',
    host: 'pooled',
    options: { sslmode: 'verify-full', by: 'host' },
  },
  {
    name: 'direct host, sslmode=verify-full',
    host: 'direct',
    options: { sslmode: 'verify-full', by: 'host' },
  },
];

/** The short form that every test run includes; `pnpm test:drivers` asks for all. */
export const runsNow: readonly Run[] = process.env.WEIR_TEST_DRIVERS === 'all' ? runs : [runs[0]!, runs[3]!];

/** The run's connection string. */
export function urlOf(subject: Subject, run: Run, params?: Record<string, string>): string {
  return subject.url(run.host, { ...run.options, ...(params && { params }) });
}

/** A table name that no other run has. */
export function tableOf(driver: string, index: number): string {
  return `${driver}_${index}`;
}
