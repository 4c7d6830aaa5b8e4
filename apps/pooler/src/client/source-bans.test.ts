// Which logins a ban keeps out, with shared state and without.
import { createMemoryFleet } from '@weir/fleet';
import { afterEach, expect, test, vi } from 'vitest';
import { SourceBans } from './source-bans.ts';

const opened: SourceBans[] = [];
afterEach(() => {
  for (const bans of opened.splice(0)) bans.close();
});

function bansOver(fleet = createMemoryFleet(), failuresMax = 3) {
  const bans = new SourceBans({ store: fleet.bans, failuresMax, now: () => performance.now() });
  opened.push(bans);
  return bans;
}

test('a source that fails too often is kept out of that endpoint, and told for how long', () => {
  const bans = bansOver();
  for (let i = 0; i < 3; i++) {
    bans.insist('ep-a', '192.0.2.1', 'app');
    bans.failed('ep-a', '192.0.2.1');
  }
  expect(() => bans.insist('ep-a', '192.0.2.1', 'app')).toThrow('from 192.0.2.1 to endpoint "ep-a"');
  bans.insist('ep-a', '192.0.2.2', 'app');
  bans.insist('ep-b', '192.0.2.1', 'app');
});

test('a role that logged in from there lately is let in, whatever strangers at the same address tried', () => {
  const bans = bansOver();
  bans.succeeded('ep-a', '192.0.2.1', 'app');
  for (let i = 0; i < 3; i++) bans.failed('ep-a', '192.0.2.1');
  bans.insist('ep-a', '192.0.2.1', 'app');
  expect(() => bans.insist('ep-a', '192.0.2.1', 'postgres')).toThrow('too many have failed');
  expect(() => bans.insist('ep-a', '192.0.2.1', 'appendix')).toThrow('too many have failed');
});

test('what failed at several processes is one count, and a ban is known to those that saw nothing of it', async () => {
  const fleet = createMemoryFleet();
  const [one, two, three] = [bansOver(fleet), bansOver(fleet), bansOver(fleet)];
  one.failed('ep-a', '192.0.2.1');
  two.failed('ep-a', '192.0.2.1');
  one.failed('ep-a', '192.0.2.1');
  await vi.waitFor(() => {
    for (const bans of [one, two, three])
      expect(() => bans.insist('ep-a', '192.0.2.1', 'app')).toThrow('too many have failed');
  }, 5_000);
  await fleet.bans.clear('ep-a', null);
  await vi.waitFor(() => {
    for (const bans of [one, two, three]) bans.insist('ep-a', '192.0.2.1', 'app');
  }, 5_000);
});

test('without shared state the counts of the process go on', async () => {
  const fleet = createMemoryFleet();
  await fleet.close();
  const bans = bansOver(fleet);
  for (let i = 0; i < 3; i++) bans.failed('ep-a', '192.0.2.1');
  expect(() => bans.insist('ep-a', '192.0.2.1', 'app')).toThrow('too many have failed');
});

test('nobody is banned where that is off', () => {
  const bans = bansOver(createMemoryFleet(), 0);
  for (let i = 0; i < 100; i++) bans.failed('ep-a', '192.0.2.1');
  bans.insist('ep-a', '192.0.2.1', 'app');
});
