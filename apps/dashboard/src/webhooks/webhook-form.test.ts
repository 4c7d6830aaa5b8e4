// A webhook as it is filled in: each field that is wrong is named.
import { expect, test } from 'vitest';
import { emptyForm, readForm } from './webhook-form.ts';

test('what is missing or wrong is said of its field', () => {
  expect(readForm(emptyForm).faults).toEqual({
    url: 'The URL must be whole, such as https://example.com/hooks.',
    events: 'The list of events must name at least one event.',
  });
  const faults = readForm({
    url: 'ftp://example.com',
    description: 'x'.repeat(501),
    events: ['role.rotated'],
  }).faults;
  expect(faults).toEqual({
    url: 'The URL must be an http:// or https:// URL without user, password and fragment.',
    description: 'The description must be at most 500 characters.',
  });
});

test('spaces around what is typed do not count', () => {
  const { body, faults } = readForm({
    url: ' https://example.com/hooks ',
    description: ' x ',
    events: ['role.rotated'],
  });
  expect(faults).toEqual({});
  expect(body).toEqual({ url: 'https://example.com/hooks', description: 'x', events: ['role.rotated'] });
});
