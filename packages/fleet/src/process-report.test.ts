// What is taken of a report that another release, or anybody else, wrote.
import { expect, test } from 'vitest';
import { addressesReportedMax, pinStatementCharactersMax, pinsReportedMax } from './contract.ts';
import { parseProcessReport } from './process-report.ts';
import { examplePin, exampleReport } from './testing/contract-suite.ts';

function pinsIn(pins: unknown) {
  const text = JSON.stringify({ processId: 'p', startedAt: 'then', endpoints: { 'ep-a': { pins } } });
  return parseProcessReport(text)!.endpoints['ep-a']!.pins;
}

const none = { newest: [], leftOut: 0, totals: {} };

test('a report is read as it was written', () => {
  const report = exampleReport('pooler-1', 5);
  expect(parseProcessReport(JSON.stringify(report))).toEqual(report);
});

test.each([undefined, null, 5, 'pins', [], { newest: {}, leftOut: 'many', totals: [1] }])(
  'where there are no pins there are none (%#)',
  (pins) => expect(pinsIn(pins)).toEqual(none),
);

test('pins without what every pin has are left out, and what one need not have becomes null', () => {
  const wrong = [null, [], {}, examplePin({ reason: 1 as never }), examplePin({ since: 'yesterday' })];
  const half = { ...examplePin(), statement: 5, applicationName: {}, idleMs: 'long' };
  expect(pinsIn({ newest: [...wrong, half], leftOut: -3, totals: { listen: null, set: 2.5 } })).toEqual({
    newest: [examplePin()],
    leftOut: 0,
    totals: { listen: 0, set: 2 },
  });
});

test('whoever writes more than a report may hold is cut short', () => {
  const long = 'x'.repeat(10_000);
  const pin = examplePin({ reason: long, statement: long, role: long, applicationName: long });
  const totals = Object.fromEntries(Array.from({ length: 500 }, (_, index) => [`reason${index}`, 1]));
  const { newest, totals: read } = pinsIn({ newest: Array(200).fill(pin), leftOut: 5, totals });
  expect(newest).toHaveLength(pinsReportedMax);
  expect(newest[0]!.statement).toHaveLength(pinStatementCharactersMax);
  for (const text of [newest[0]!.reason, newest[0]!.role, newest[0]!.applicationName!]) {
    expect(text).toHaveLength(64);
  }
  expect(Object.keys(read)).toHaveLength(64);
});

test('a reason with the name of something every object has is a reason like others', () => {
  const text = '{"processId":"p","startedAt":"t","endpoints":{"ep-a":{"pins":{"totals":{"__proto__":3}}}}}';
  const { totals } = parseProcessReport(text)!.endpoints['ep-a']!.pins;
  expect(Object.entries(totals)).toEqual([['__proto__', 3]]);
});

test.each([undefined, null, 'many', { 0: 1 }])(
  'times and errors that are none are left out (%#)',
  (value) => {
    const text = JSON.stringify({
      processId: 'p',
      startedAt: 't',
      endpoints: { 'ep-a': { waits: value, errors: value === undefined ? undefined : [value] } },
    });
    expect(parseProcessReport(text)!.endpoints['ep-a']).toMatchObject({
      waits: [],
      executions: [],
      errors: {},
    });
  },
);

function addressesIn(addresses: unknown) {
  const text = JSON.stringify({ processId: 'p', startedAt: 't', endpoints: { 'ep-a': { addresses } } });
  return parseProcessReport(text)!.endpoints['ep-a']!.addresses;
}

test.each([undefined, null, 5, [], { clients: [1], leftOut: 'many' }])(
  'where no addresses are told there are none (%#)',
  (addresses) => expect(addressesIn(addresses)).toEqual({ clients: {}, leftOut: 0 }),
);

test('of addresses no more are taken than a report may list, and none that is longer than an address', () => {
  const many = Object.fromEntries(
    Array.from({ length: 500 }, (_, index) => [`${index}${':'.repeat(100)}`, 1]),
  );
  const { clients } = addressesIn({ clients: many, leftOut: 0 });
  expect(Object.keys(clients)).toHaveLength(addressesReportedMax);
  expect(Math.max(...Object.keys(clients).map((address) => address.length))).toBe(64);
});
