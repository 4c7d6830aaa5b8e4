// What is read from pgbench's report and log.
import { expect, test } from 'vitest';
import { latencyOf, PgbenchError } from './pgbench.ts';

test('the times of all transactions of all logs are put in order', () => {
  const log = (times: readonly number[]) =>
    times.map((us, index) => `${index % 2} ${index} ${us} 0 1700000000 ${index}\n`).join('');
  const hundred = Array.from({ length: 100 }, (_, index) => (index + 1) * 10);
  expect(latencyOf([log(hundred.slice(50)), log(hundred.slice(0, 50))])).toEqual({
    ...{ p50Us: 500, p99Us: 990, longestUs: 1000 },
  });
});

test('a run without a transaction is an error and no figure', () => {
  expect(() => latencyOf(['', ''])).toThrow(PgbenchError);
});
