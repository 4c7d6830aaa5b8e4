// Presets of issuers: what people know becomes the terms of docs/oidc.md, which are read back in the same words.
import { subjectPatternFault } from '@weir/tenancy';
import { expect, test } from 'vitest';
import { type PresetParts, presets, trimmed, trustedInWords } from './presets.ts';

const termsOf = (id: string, parts: PresetParts) => {
  const preset = presets.find((one) => one.id === id)!;
  return preset.termsOf({ ...preset.start, ...parts });
};

test('what is not known yet leaves empty what it is part of', () => {
  expect(termsOf('vercel', {})).toEqual({ issuer: '', audience: '', subject: '' });
  expect(termsOf('vercel', { team: 'acme' })).toMatchObject({
    issuer: 'https://oidc.vercel.com/acme',
    subject: '',
  });
  expect(termsOf('github', { owner: 'acme', repository: 'shop' })).toMatchObject({
    audience: 'weir',
    subject: '',
  });
});

const shop = { owner: 'acme', repository: 'shop' };

test.each([
  [
    'vercel',
    { team: 'acme', project: 'shop' },
    'functions and builds of acme/shop on Vercel, in the environment production',
  ],
  [
    'vercel',
    { team: 'acme', project: '*', environment: '*' },
    'functions and builds of every project of acme on Vercel, in every environment',
  ],
  [
    'github',
    { ...shop, owner: 'acme@1', repository: 'shop@2', name: 'production' },
    'jobs of acme/shop on GitHub, in the environment production',
  ],
  [
    'github',
    { ...shop, runs: 'ref:refs/heads', name: 'release/2' },
    'jobs of acme/shop on GitHub, on the branch release/2',
  ],
  ['github', { ...shop, runs: 'pull_request' }, 'jobs of acme/shop on GitHub, for pull requests'],
  [
    'github',
    { ...shop, repository: '*', name: '*' },
    'jobs of every repository of acme on GitHub, in every environment',
  ],
] as const)('%s %o is read back as it was meant', (id, parts, words) => {
  const terms = termsOf(id, parts);
  expect(subjectPatternFault(terms.subject)).toBeNull();
  expect(trustedInWords(terms)).toBe(words);
});

test('a subject of another issuer, or of another form, is not put into words', () => {
  for (const [issuer, subject] of [
    ['https://gitlab.com', 'repo:acme/shop:environment:production'],
    ['https://oidc.vercel.com.evil.example/acme', 'owner:acme:project:shop:environment:production'],
    ['https://oidc.vercel.com/acme', 'owner:acme'],
    ['https://token.actions.githubusercontent.com', 'repo:acme/shop:job_workflow_ref:x'],
  ] as const) {
    expect(trustedInWords({ issuer, subject })).toBeNull();
  }
});

test('spaces around what is typed do not count', () => {
  expect(trimmed({ owner: ' acme ' })).toEqual({ owner: 'acme' });
});
