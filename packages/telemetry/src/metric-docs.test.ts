// docs/metrics.md has a row for each metric of the code, as the code has it, and no other.
import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { metricDefinitions } from './metric-names.ts';

const page = readFileSync(new URL('../../../docs/metrics.md', import.meta.url), 'utf8');
const definitions = Object.values(metricDefinitions);

test('docs/metrics.md lists exactly the metrics that the code has, each with its type, labels and meaning', () => {
  const expected = definitions.map(({ name, type, help, labels }) => {
    const words = labels.map((label) => `\`${label}\``).join(', ');
    return `| \`${name}\` | ${type} | ${words} | ${help} |`;
  });
  const rows = page.split('\n').filter((line) => line.startsWith('| `weir_'));
  expect([...rows].sort()).toEqual(expected.sort());
});

test('an alert that docs/metrics.md suggests asks for metrics that there are', () => {
  const asked = [...page.matchAll(/^ +expr: (.+)$/gm)].flatMap(([, text]) => text!.match(/weir_\w+/g) ?? []);
  expect(asked.length).toBeGreaterThan(0);
  const names: readonly string[] = definitions.map(({ name }) => name);
  const isKnown = (name: string) => names.includes(name.replace(/_(?:bucket|sum|count)$/, ''));
  expect(asked.filter((name) => !isKnown(name))).toEqual([]);
});
