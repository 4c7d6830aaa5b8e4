// The key file as a running process follows it: through rotations, half-written files and mistakes.
import { mkdtempSync, renameSync, rmSync, unlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { SealKeyRing } from './seal-key-ring.ts';
import { open, seal, withKeysOf } from './sealing.ts';

const line = (id: string, byte: string) => `${id}:${byte.repeat(32)}\n`;
const [k1, k2, k3] = [line('k1', '11'), line('k2', '22'), line('k3', '33')];

let directory: string;
let file: string;
let ring: SealKeyRing;
let nowMs: number;
let faults: string[];
let changes: object[];

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'weir-seal-ring-'));
  file = join(directory, 'seal.key');
  writeFileSync(file, k1);
  [nowMs, faults, changes] = [0, [], []];
  ring = new SealKeyRing({
    file,
    now: () => nowMs,
    log: {
      info: (facts) => changes.push(facts),
      error: (facts) => faults.push((facts as { err: Error }).err.message),
    },
  });
});
afterEach(() => {
  ring.close();
  rmSync(directory, { recursive: true });
});

const ids = () => ring.keys.map(({ id }) => id);

test('a file that was replaced is noticed without being asked, and who listens hears of it', async () => {
  const heard: object[] = [];
  ring.onChange((change) => heard.push(change));
  writeFileSync(`${file}.new`, k2 + k1);
  renameSync(`${file}.new`, file);
  await vi.waitFor(() => expect(ids()).toEqual(['k2', 'k1']), { timeout: 10_000 });
  expect(heard).toEqual([{ keys: ['k2', 'k1'], added: ['k2'], removed: [] }]);
  expect(changes).toHaveLength(1);
});

test('who meets an unknown key finds it at once if the file has it', () => {
  const sealed = seal([{ id: 'k2', secret: new Uint8Array(32).fill(0x22) }], ['x'], 'value');
  const openNow = () => withKeysOf(ring, (keys) => open(keys, ['x'], sealed));
  expect(openNow).toThrow(/"k2"/);
  writeFileSync(file, k1 + k2);
  expect(openNow()).toBe('value');
});

test.each([
  ['is empty', '', /there is no key in it/],
  ['is cut off within a line', `${k2}${k1.slice(0, 40)}`, /line 2 is not/],
  ['has a key twice', k1 + k1, /stands there twice/],
  ['gives a known id to another key', `${k2}${line('k1', '99')}`, /"k1" is another key than before/],
])('a file that %s changes nothing, and is told of once', (_what, text, complaint) => {
  writeFileSync(file, text);
  ring.readAgain();
  ring.readAgain();
  expect(ids()).toEqual(['k1']);
  expect(faults).toEqual([expect.stringMatching(complaint)]);
  expect(ring.fault).toMatch(complaint);
  writeFileSync(file, k2 + k1);
  ring.readAgain();
  expect(ids()).toEqual(['k2', 'k1']);
  expect(ring.fault).toBeNull();
});

test('a file that is gone changes nothing', () => {
  unlinkSync(file);
  ring.readAgain();
  expect(ids()).toEqual(['k1']);
  expect(faults).toEqual([expect.stringMatching(/cannot be read \(ENOENT\)/)]);
});

test('a file cut off at the end of a line loses no key, and a key that stays away is given up', () => {
  writeFileSync(file, k2 + k1 + k3);
  ring.readAgain();
  writeFileSync(file, k2);
  ring.readAgain();
  nowMs += 2_000;
  ring.readAgain();
  expect(ids()).toEqual(['k2', 'k1', 'k3']);
  writeFileSync(file, k2 + k3);
  ring.readAgain();
  nowMs += 2_000;
  ring.readAgain();
  expect(ids()).toEqual(['k2', 'k3']);
  expect(changes.at(-1)).toEqual({ sealing: 'k2', added: [], removed: ['k1'] });
});

test('a key that came back in time is counted anew when it goes again', () => {
  writeFileSync(file, k2 + k1);
  ring.readAgain();
  writeFileSync(file, k2);
  ring.readAgain();
  writeFileSync(file, k2 + k1);
  nowMs += 2_000;
  ring.readAgain();
  writeFileSync(file, k2);
  nowMs += 2_000;
  ring.readAgain();
  expect(ids()).toEqual(['k2', 'k1']);
});
