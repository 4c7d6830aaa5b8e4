// What the dashboard says of trust rules is what docs/oidc.md says, whose examples are run by a test.
import { expect, test } from 'vitest';
import { exchangeExamples } from './exchange-examples.ts';
import { presets } from './presets.ts';

const page = import.meta.glob<string>('../../../../docs/oidc.md', {
  query: '?raw',
  import: 'default',
  eager: true,
})['../../../../docs/oidc.md']!;
const known = {
  vercel: { team: 'acme', project: 'shop' },
  github: { owner: 'acme@123456', repository: 'shop@456789', name: 'production' },
};

test.each(presets)('the terms of $title are those of the documentation', ({ id, start, termsOf }) => {
  const { issuer, audience, subject } = termsOf({ ...start, ...known[id] });
  expect(page).toContain(`--issuer ${issuer} --audience ${audience} \\\n  --subject ${subject}\n`);
});

test('the programs for GitHub and for Vercel are those of the documentation, letter by letter', () => {
  const of = {
    apiUrl: 'https://weir.example.com',
    trustRuleId: 'tr_x',
    audience: 'weir',
    subject: 'repo:acme/shop:environment:production',
  };
  const textsOf = (id: string) =>
    exchangeExamples(of)
      .find((example) => example.id === id)!
      .files.map(({ text }) => text);
  for (const text of textsOf('github')) expect(page).toContain(`\`\`\`yaml\n${text}\`\`\``);
  for (const text of textsOf('vercel')) expect(page).toContain(`\`\`\`js\n${text}\`\`\``);
});
