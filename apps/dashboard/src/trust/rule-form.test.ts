// A trust rule as it is filled in: what it means, and what is wrong with it said of its field.
import type { TrustRuleReply } from '@weir/api-contract';
import { expect, test } from 'vitest';
import { changeOf, readRule, ruleFormOf } from './rule-form.ts';

const endpointId = 'ep-calm-river-a1b2c3';
const filled = {
  ...ruleFormOf(null, endpointId),
  role: 'app',
  issuer: ' https://gitlab.com ',
  audience: 'weir',
  subject: 'project_path:acme/shop:ref_type:branch:ref:*',
  claims: 'ref_protected = true\n\nnamespace_path=a=b',
};

test('a filled form has no faults, and claims are read line by line', () => {
  const { body, faults } = readRule(filled);
  expect(faults).toEqual({});
  expect(body).toMatchObject({
    endpointId,
    role: 'app',
    issuer: 'https://gitlab.com',
    claims: { ref_protected: 'true', namespace_path: 'a=b' },
    ttlSecondsMax: 900,
  });
});

test('what is missing or wrong is said of its field', () => {
  expect(readRule(ruleFormOf(null, endpointId)).faults).toEqual({
    role: 'The role must not be empty.',
    issuer: 'The issuer must be a URL.',
    audience: 'The audience must not be empty.',
    subject: 'The subject must not be empty.',
  });
  expect(readRule({ ...filled, subject: 'repo:acme/shop*' }).faults.subject).toMatch(
    /^The subject must have each \* alone/,
  );
  expect(readRule({ ...filled, claims: 'ref_protected' }).faults.claims).toBe(
    '"ref_protected" is not name=value.',
  );
  expect(readRule({ ...filled, claims: 'sub=x' }).faults.claims).toMatch(/^Claims must not name iss, aud/);
});

test('a rule that is there comes back as it was, and of it only what may change is sent', () => {
  const rule = {
    id: 'tr_x',
    endpointId,
    role: 'app',
    description: 'Deploys',
    issuer: 'https://gitlab.com',
    audience: 'weir',
    subject: 'project_path:acme/shop:ref_type:branch:ref:main',
    claims: { ref_protected: 'true' },
    ttlSecondsMax: 600,
  } as unknown as TrustRuleReply;
  const { id, endpointId: _, role, ...terms } = rule;
  expect(changeOf(readRule(ruleFormOf(rule, 'ep-other')).body)).toEqual(terms);
});
