// The examples of an exchange: they fit the rule that they are made for.
import { expect, test } from 'vitest';
import { exchangeExamples, exchangeSettings } from './exchange-examples.ts';

const subject = 'repo:acme/shop:environment:production';
const of = { subject, apiUrl: 'https://weir.example.com', trustRuleId: 'tr_x', audience: 'weir' };
const textsOf = (id: string, more: Partial<typeof of> = {}) =>
  exchangeExamples({ ...of, ...more })
    .find((example) => example.id === id)!
    .files.map(({ text }) => text);

test('the audience of the rule is asked for, whatever it is', () => {
  const [text] = textsOf('github', { audience: 'https://a.example/?b&c' });
  expect(text).toContain('URL&audience=https%3A%2F%2Fa.example%2F%3Fb%26c"');
});

test('the job has the environment that the rule trusts, and none where the rule is for a branch', () => {
  expect(textsOf('github', { subject: 'repo:acme/shop:environment:staging' })[0]).toContain(
    'runs-on: ubuntu-latest\n    environment: staging\n    env:\n',
  );
  expect(textsOf('github', { subject: 'repo:acme/shop:ref:refs/heads/main' })[0]).toContain(
    'runs-on: ubuntu-latest\n    env:\n',
  );
});

test('the call names the rule and the API, and so do the settings', () => {
  expect(textsOf('call')[0]).toContain('{"trustRuleId": "tr_x", "token": "\'"$TOKEN"\'"}');
  expect(textsOf('call')[0]).toContain('https://weir.example.com/v1/credentials/exchange');
  expect(exchangeSettings(of)).toBe('WEIR_API_URL=https://weir.example.com\nWEIR_TRUST_RULE=tr_x');
});
