// What is told of a process that could not start: its own warnings and errors, readable.
import { expect, test } from 'vitest';
import { transportOf, troubleIn } from './start-app.ts';

test('of a JSON log only warnings and errors are told, each in a line', () => {
  const log = [
    '{"level":"info","msg":"starting"}',
    '{"level":"fatal","err":{"message":"WEIR_SEAL_KEY_FILE is missing"},"msg":"control-api cannot start"}',
  ].join('\n');
  expect(troubleIn(log)).toBe('control-api cannot start: WEIR_SEAL_KEY_FILE is missing');
});

test('lines that are no JSON are told as they are, and a log without trouble by its end', () => {
  expect(troubleIn('{"level":"info","msg":"a"}\nSyntaxError: x')).toBe('SyntaxError: x');
  expect(troubleIn('{"level":"info","msg":"a"}')).toBe('{"level":"info","msg":"a"}');
});

test('the transport is told from its line of the log, and a line that is cut is passed over', () => {
  const line = '{"transport":"native","reason":"asked for"}';
  expect(transportOf({ output: () => `${line.slice(0, 20)}\n${line}` })).toBe(
    'ready, native transport (asked for)',
  );
  expect(transportOf({ output: () => line.slice(0, 20) })).toBe('ready');
});
