// Events arrive whole, however the network cuts them.
import { expect, test } from 'vitest';
import { createEventReader } from './events.ts';

const stream = ': hello\n\ndata: {"a":1}\n\nevent: x\r\ndata: one\r\ndata:two\r\n\r\ndata: last\n\n';

test('the data of each event is read, whatever the cuts', () => {
  for (let bytes = 1; bytes <= stream.length; bytes++) {
    const read = createEventReader();
    const got: string[] = [];
    for (let at = 0; at < stream.length; at += bytes) got.push(...read(stream.slice(at, at + bytes)));
    expect(got).toEqual(['{"a":1}', 'one\ntwo', 'last']);
  }
});

test('an event that is not whole is kept back', () => {
  const read = createEventReader();
  expect(read('data: 1\n')).toEqual([]);
  expect(read('\n')).toEqual(['1']);
});
