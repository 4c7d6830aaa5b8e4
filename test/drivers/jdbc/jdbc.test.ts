// The JDBC driver with its default settings and with those that poolers make people set.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, test } from 'vitest';
import { javaWithDriver } from '../installed.ts';
import { runCommand, runProgram } from '../run-program.ts';
import { runs, runsNow, tableOf, urlOf } from '../runs.ts';
import { expectWhole } from '../scenario.ts';
import { type Subject, theSubject } from '../subject.ts';

const installed = javaWithDriver();

describe.skipIf('missing' in installed)('missing' in installed ? installed.missing : 'JDBC', () => {
  const { java, javac, jar } = installed as { java: string; javac: string; jar: string };
  let subject: Subject;
  let classes: string;
  let hostsFile: string;

  beforeAll(async () => {
    classes = mkdtempSync(join(tmpdir(), 'weir-jdbc-'));
    hostsFile = join(classes, 'hosts');
    const compiling = runCommand(
      javac,
      ['-cp', jar, '-d', classes, join(import.meta.dirname, 'Client.java')],
      {},
    );
    [subject] = await Promise.all([theSubject(), compiling]);
  });
  afterAll(async () => {
    rmSync(classes, { recursive: true, force: true });
  });

  async function run(url: string, table: string): Promise<void> {
    // Java asks this file instead of DNS; the name itself goes into SNI and is verified.
    writeFileSync(hostsFile, `127.0.0.1 ${new URL(url).hostname} localhost\n`);
    const words = [`-Djdk.net.hosts.file=${hostsFile}`, '-cp', `${classes}:${jar}`, 'Client'];
    expectWhole(await runProgram(java, words, { url: jdbcUrl(url), table }));
  }

  test.each(runsNow.map((each, index) => ({ ...each, index })))('JDBC works on the $name', async (each) => {
    await run(urlOf(subject, each), tableOf('jdbc', each.index));
  });

  const harmful: { setting: string; params: Record<string, string> }[] = [
    { setting: 'prepareThreshold=0', params: { prepareThreshold: '0' } },
    { setting: 'prepareThreshold=1', params: { prepareThreshold: '1' } },
    { setting: 'preferQueryMode=simple', params: { preferQueryMode: 'simple' } },
    { setting: 'pgbouncer=true', params: { pgbouncer: 'true', assumeMinServerVersion: '9.0' } },
  ];
  test.each(harmful)('JDBC is not harmed by $setting', async ({ setting, params }) => {
    await run(urlOf(subject, runs[0]!, params), setting.replaceAll(/\W/g, '_').toLowerCase());
  });
});

/** The driver wants role and password as parameters. */
function jdbcUrl(text: string): string {
  const url = new URL(text);
  url.searchParams.set('user', decodeURIComponent(url.username));
  url.searchParams.set('password', decodeURIComponent(url.password));
  return `jdbc:postgresql://${url.host}${url.pathname}?${url.searchParams}`;
}
