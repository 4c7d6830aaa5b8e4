// What is taken of a usage report that another release, or anybody else, wrote.
import { expect, test } from 'vitest';
import { exampleUsage } from './testing/contract-suite.ts';
import { parseUsageReport } from './usage-report.ts';

test('a report is read as it was written', () => {
  const report = exampleUsage('pooler-1', 5);
  expect(parseUsageReport(JSON.stringify(report))).toEqual(report);
});

test.each(['', '[]', '{}', '{"processId":"p","startedAt":"now","reportedAt":"now","endpoints":{}}'])(
  'what is no report is none (%#)',
  (text) => expect(parseUsageReport(text)).toBeNull(),
);

test('an endpoint without a time is left out, and what is no sensible number counts 0', () => {
  const { endpoints, ...head } = exampleUsage('pooler-1', 5);
  const [id, counters] = Object.entries(endpoints)[0]!;
  const odd = { ...counters, transactions: -5, queries: 'many', bytesSent: 1e300 };
  const text = JSON.stringify({
    ...head,
    endpoints: { [id]: odd, 'ep-a': { transactions: 1 }, 'ep-b': null },
  });
  expect(parseUsageReport(text)!.endpoints).toEqual({
    [id]: { ...counters, transactions: 0, queries: 0, bytesSent: 0 },
  });
});
