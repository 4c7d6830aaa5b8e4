// The logger writes one JSON object a line, and no secret on any way into it.
import { expect, test } from 'vitest';
import { createLogger, type LogLevel } from './log.ts';

const secret = 'hunter2';
const url = `postgres://app:${secret}@db.example.com/app`;

function collect(level?: LogLevel) {
  const lines: string[] = [];
  const destination = { write: (line: string) => void lines.push(line) };
  const logger = createLogger({ name: 'pooler', destination, ...(level === undefined ? {} : { level }) });
  return { logger, lines, parsed: () => lines.map((line) => JSON.parse(line)) };
}

test('a line has level, time, name, message and facts', () => {
  const { logger, lines, parsed } = collect();
  logger.info({ listen: ['127.0.0.1:5432'] }, 'ready');
  expect(lines[0]).toMatch(/^\{.*\}\n$/);
  expect(parsed()[0]).toMatchObject({
    level: 'info',
    name: 'pooler',
    msg: 'ready',
    listen: ['127.0.0.1:5432'],
  });
  expect(Date.parse(parsed()[0].time)).toBeGreaterThan(0);
});

test('lines below the level are not written', () => {
  const { logger, lines } = collect('warn');
  logger.info('not this');
  logger.warn('this');
  expect(lines).toHaveLength(1);
});

test('no way into a line lets a secret through', () => {
  const { logger, lines } = collect('trace');
  const error = new Error(`cannot reach ${url}`, { cause: new Error(url) });
  logger.info(url);
  logger.info('to %s', url);
  logger.info('with %o', { password: secret });
  logger.info({ url, password: secret }, `message ${url}`);
  logger.info({ deep: { er: { clientKey: secret } } });
  logger.error(error);
  logger.error(error, 'while logging in');
  logger.error({ err: error }, 'while logging in');
  logger.error({ error }, 'under another name');
  logger.child({ password: secret, url }).info('child');
  logger.child({ a: 1 }).child({ verifier: secret, url }).info({ url }, 'grandchild of %s', url);
  expect(lines).toHaveLength(11);
  for (const line of lines) expect(line).not.toContain(secret);
});

test('an error is told with its kind, message, stack and cause', () => {
  const { logger, parsed } = collect();
  logger.error(new RangeError('too far', { cause: new Error('why') }));
  const [line] = parsed();
  expect(line.msg).toBe('too far');
  expect(line.err).toMatchObject({ type: 'RangeError', message: 'too far', cause: { message: 'why' } });
  expect(line.err.stack).toContain('log.test.ts');
});
