// The snippets of Prisma 6 and 7, as they stand with Prisma's own command line and client.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { snippets } from '@weir/tenancy';
import { build } from 'esbuild';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { fetchedPrisma } from '../installed.ts';
import { type Subject, theSubject } from '../subject.ts';
import { identityOf, personNames } from './identities.ts';
import { makeProject, whoIs, whoSql } from './project.ts';

// Neither validating nor generating needs an engine, but Prisma fetches one from its own site unless it is told of one.
const noEngine = {
  PRISMA_SCHEMA_ENGINE_BINARY: '/bin/true',
  PRISMA_QUERY_ENGINE_LIBRARY: '/bin/true',
  CHECKPOINT_DISABLE: '1',
};
const command = join('node_modules', 'prisma', 'build', 'index.js');

let subject: Subject;
let parent: string;
beforeAll(async () => {
  parent = mkdtempSync(join(tmpdir(), 'weir-prisma-'));
  subject = await theSubject();
});
afterAll(() => rmSync(parent, { recursive: true, force: true }));

describe.each(personNames)('for %s', (name) => {
  const seven = fetchedPrisma(7);
  // The reason is in the title.
  test.skipIf('missing' in seven)(
    `the snippets for Prisma 7 and its client work as they stand${'missing' in seven ? ` (skipped: ${seven.missing})` : ''}`,
    async () => {
      const { modules } = seven as { modules: string };
      const identity = await identityOf(subject, name, 'host');
      const project = makeProject({ parent, id: 'prisma-7', identity, caFile: subject.caFile, modules });
      const client = snippets(identity).find((snippet) => snippet.id === 'prisma-7-client')!;
      project.write(client.file!, client.text);
      project.write(
        'prisma/schema.prisma',
        `generator client {
  provider = "prisma-client"
  output   = "../generated/prisma"
}
datasource db {
  provider = "postgresql"
}
model Person {
  id Int @id
}
`,
      );
      await project.node(command, ['generate'], noEngine);
      project.write(
        'main.ts',
        `import { prisma } from './lib/prisma';
console.log((await prisma.$queryRawUnsafe(${JSON.stringify(whoSql)}))[0].who);
await prisma.$disconnect();
`,
      );
      // As every framework does it: what Prisma generates is not for Node as it is.
      await build({
        absWorkingDir: project.folder,
        entryPoints: ['main.ts'],
        outfile: join(project.folder, 'main.mjs'),
        bundle: true,
        packages: 'external',
        platform: 'node',
        format: 'esm',
        logLevel: 'silent',
      });
      expect((await project.node('main.mjs')).trim()).toBe(whoIs(identity));
    },
  );

  const six = fetchedPrisma(6);
  // The reason is in the title.
  test.skipIf('missing' in six)(
    `the snippet for Prisma 6 is valid to Prisma 6, whose engines for running it only Prisma's own site has${'missing' in six ? ` (skipped: ${six.missing})` : ''}`,
    async () => {
      const { modules } = six as { modules: string };
      const identity = await identityOf(subject, name, 'host');
      const project = makeProject({ parent, id: 'prisma-6', identity, caFile: subject.caFile, modules });
      expect(await project.node(command, ['validate'], noEngine)).toContain('is valid');
    },
  );
});
