// The snippets for shells and for languages other than JavaScript, run as they stand.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { SnippetId } from '@weir/tenancy';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  goWithPgx,
  installedPsql,
  javaWithDriver,
  pythonWithSqlAlchemy,
  rubyWithActiveRecord,
} from '../installed.ts';
import { type Subject, theSubject } from '../subject.ts';
import { identityOf, type PersonName, personNames } from './identities.ts';
import { makeProject, whoIs, whoSql } from './project.ts';

let subject: Subject;
let parent: string;
beforeAll(async () => {
  parent = mkdtempSync(join(tmpdir(), 'weir-snippets-'));
  subject = await theSubject();
});
afterAll(() => rmSync(parent, { recursive: true, force: true }));

async function projectOf(id: SnippetId, name: PersonName, by: 'host' | 'options' = 'host') {
  const identity = await identityOf(subject, name, by);
  const project = makeProject({ parent, id, identity, caFile: subject.caFile });
  return { project, who: whoIs(identity), direct: identity.direct };
}

/** A test of an installed client, or one skipped with the reason in its name. */
function testOf<Client extends object>(
  title: string,
  client: Client | { missing: string },
  run: (client: Client) => Promise<void>,
): void {
  // The reason is in the title.
  if ('missing' in client) test.skip(`${title} (skipped: ${client.missing})`);
  else test(title, () => run(client));
}

const query = ['-X', '-A', '-t', '-c', whoSql];

describe.each(personNames)('for %s', (name) => {
  testOf('the psql snippet works as it stands', installedPsql(), async () => {
    const { project, who } = await projectOf('psql', name);
    // What is pasted is one command line; psql takes its statement from the terminal.
    const printed = await project.shell(
      project.snippet.text,
      `\\pset format unaligned\n\\t on\n${whoSql};\n`,
    );
    expect(printed.trim().split('\n').at(-1)).toBe(who);
  });

  testOf('a shell reads the .env snippets for psql', installedPsql(), async ({ program }) => {
    for (const id of ['env', 'vercel'] as const) {
      const { project, who, direct } = await projectOf(id, name);
      expect(await project.run('sh', ['-c', `${program} "$DATABASE_URL" "$@"`, 'sh', ...query])).toBe(
        `${who}\n`,
      );
      expect(await project.run('sh', ['-c', 'echo "$DIRECT_URL"'])).toBe(`${direct}\n`);
      if (id === 'env') continue;
      expect(await project.run('sh', ['-c', 'echo "$DATABASE_URL_UNPOOLED"'])).toBe(`${direct}\n`);
    }
  });

  testOf(
    'the SQLAlchemy snippet works as it stands',
    pythonWithSqlAlchemy(),
    async ({ program, pythonPath }) => {
      const { project, who } = await projectOf('sqlalchemy', name);
      project.write(
        'main.py',
        `from sqlalchemy import text\nfrom db import engine\nwith engine.connect() as c: print(c.execute(text(${JSON.stringify(whoSql)})).scalar())\n`,
      );
      expect(await project.run(program, ['main.py'], { PYTHONPATH: pythonPath })).toBe(`${who}\n`);
    },
  );

  testOf('the Rails snippet works as it stands', rubyWithActiveRecord(), async ({ program }) => {
    const { project, who } = await projectOf('rails', name);
    project.write(
      'main.rb',
      `require 'active_record'
require 'erb'
require 'yaml'
settings = YAML.load(ERB.new(File.read('config/database.yml')).result)
ActiveRecord::Base.configurations = settings
ActiveRecord::Base.establish_connection(:production)
puts ActiveRecord::Base.connection.select_value(${JSON.stringify(whoSql)})
`,
    );
    expect(await project.run(program, ['-W0', 'main.rb'], { LANG: 'C.UTF-8' })).toBe(`${who}\n`);
  });

  testOf('the JDBC snippet works as it stands', javaWithDriver(), async ({ java, jar }) => {
    const { project } = await projectOf('jdbc', name);
    project.write('hosts', `127.0.0.1 ${/\/\/([^:/]+)/.exec(project.snippet.text)![1]} localhost\n`);
    const words = ['-Djdk.net.hosts.file=hosts', '-cp', jar, '-Dfile.encoding=UTF-8', 'Database.java'];
    expect(await project.run(java, words)).toBe('42\n');
  });

  // Version 5 of pgx is not packaged; its pool is opened by another name there, and the rest is the same.
  testOf('the Go snippet works as it stands, with pgx 4 in the place of 5', goWithPgx(), async (go) => {
    // Go asks DNS for names under localhost, where most machines have none.
    const { project } = await projectOf('go', name, 'options');
    const stand = 'gopath/src/github.com/jackc/pgx/v5/pgxpool/pool.go';
    const import4 = 'import four "github.com/jackc/pgx/v4/pgxpool"';
    project.write(stand, `package pgxpool\n\n${import4}\n\nvar New = four.Connect\n`);
    const gopath = `${project.folder}/gopath:${go.packages}`;
    const environment = { GO111MODULE: 'off', GOPATH: gopath, GOCACHE: join(parent, 'go-cache') };
    expect(await project.run(go.program, ['run', 'main.go'], environment)).toBe('42\n');
  });
});
