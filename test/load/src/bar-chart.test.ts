// What a chart shows: every figure, and bars as long as what they stand for.
import { expect, test } from 'vitest';
import { barChart } from './bar-chart.ts';

const chart = barChart({
  title: 'CPU <per> transaction',
  caption: 'µs, less is better',
  series: [
    { name: 'pgbouncer', colour: '#d97706' },
    { name: 'weir', colour: '#2563eb' },
  ],
  groups: [
    { name: 'simple-c64', values: [20, 10] },
    { name: 'prepared-c64', values: [null, 40] },
  ],
  figure: (value) => `${value.toFixed(1)} µs`,
});

test('a bar is as long as its figure is large, and stands in the colour of its series', () => {
  const bars = [...chart.matchAll(/width="([\d.]+)" height="12" rx="2" fill="(#\w+)"/g)];
  const [pgbouncer, weir, prepared] = bars.map(([, length]) => Number(length));
  expect(bars).toHaveLength(3);
  expect(pgbouncer! / weir!).toBeCloseTo(2, 1);
  expect(prepared! / pgbouncer!).toBeCloseTo(2, 1);
  expect(bars.map(([, , colour]) => colour)).toEqual(['#d97706', '#2563eb', '#2563eb']);
});

test('every cell, series and figure is named, and what was not measured is said', () => {
  for (const text of ['simple-c64', 'prepared-c64', 'pgbouncer', '20.0 µs', '40.0 µs', 'not measured'])
    expect(chart).toContain(`>${text}<`);
});

test('texts cannot end an element', () => {
  expect(chart).toContain('CPU &lt;per> transaction');
  expect(chart.match(/</g)!.length).toBe(chart.match(/<\/?[a-z]/g)!.length);
});
