// What the sessions that a server shows say about holders.
import { expect, test } from 'vitest';
import { registeredIn, type Sight, sessionsOf, strangersIn } from './look.ts';

const sight: Sight = {
  sessions: [
    { processId: 1, role: 'app', ageMs: 9_000 },
    { processId: 2, role: 'app', ageMs: 500 },
    { processId: 3, role: 'other', ageMs: null },
    { processId: 4, role: 'app', ageMs: 9_000 },
    { processId: 5, role: 'people', ageMs: 9_000 },
    { processId: 6, role: 'app', ageMs: 9_000 },
  ],
  registered: [
    { holder: 'lost', processId: 1, role: 'app' },
    { holder: 'lost', processId: 2, role: 'app' },
    { holder: 'lost', processId: 3, role: 'other' },
    { holder: 'lost', processId: 4, role: 'app' },
    { holder: 'here', processId: 4, role: 'app' },
    { holder: 'lost', processId: 5, role: 'app' },
    { holder: 'here', processId: 7, role: 'app' },
  ],
};

test("a holder's sessions are those it registered, of that role, which nobody else has since and which are old enough", () => {
  const own = sessionsOf('lost', sight, 1_000).map(({ processId }) => processId);
  expect(own).toEqual([1, 3]);
  expect(sessionsOf('lost', sight, 0).map(({ processId }) => processId)).toEqual([1, 2, 3]);
});

test("strangers are old enough, of Weir's roles, and registered by nobody", () => {
  expect(strangersIn(sight, new Set(), 1_000)).toBe(1);
  expect(strangersIn(sight, new Set(['people']), 10_000)).toBe(0);
  expect(strangersIn({ ...sight, registered: [] }, new Set(['people', 'other']), 1_000)).toBe(2);
});

test('server connections are counted where the role is the registered one too', () => {
  expect(registeredIn(sight)).toBe(4);
});
