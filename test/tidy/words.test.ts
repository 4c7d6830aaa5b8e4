// Words that must not be in the repository: paths of somebody's machine, and tests switched off in silence.
import { expect, test } from 'vitest';
import { filesBelow, isTest, type SourceFile, typeScriptFiles } from './repository.ts';

// Put together here, so that this file does not hold them itself.
const machinePaths = new RegExp(`(?<![\\w.-])/(?:${['work', 'tmp/w', 'root', 'home/[a-z]+'].join('|')})/`);
const switchedOff =
  /(?<![.\w])(?:test|it|describe|suite)(?:\.\w+)*\.(?:skip|todo|skipIf|runIf)\b|\b(?:context|ctx|t)\.skip\(/;
const only = /(?<![.\w])(?:test|it|describe|suite)(?:\.\w+)*\.only\b/;

test("no file names a path of somebody's machine", () => {
  const text = /\.(?:tsx?|mjs|js|json|ya?ml|md|html|css|sql|sh|toml|conf)$|^(?:Dockerfile|\.\w+)$/;
  expect(linesWith(filesBelow('.', text), machinePaths)).toEqual([]);
});

test('no test is run alone', () => {
  expect(linesWith(typeScriptFiles().filter(isTest), only)).toEqual([]);
});

test('a test that may be skipped says why, in a comment or in a title that changes with the cause', () => {
  const fixedTitle = /\((['"`])(?:(?!\1).)*\1,/;
  const silent: string[] = [];
  for (const file of typeScriptFiles().filter(isTest)) {
    const lines = file.text.split('\n');
    for (const [index, line] of lines.entries()) {
      if (!switchedOff.test(line)) continue;
      const hasComment = /\/\/ \S/.test(line) || /^\s*\/\/ \S/.test(lines[index - 1] ?? '');
      // `context.skip('no redis-server on PATH')` carries its reason.
      const hasReason = hasComment || /\w\.skip\(\s*['"`][^'"`]+['"`]\s*\)/.test(line);
      if (!hasReason && fixedTitle.test(line)) silent.push(`${file.path}:${index + 1} ${line.trim()}`);
    }
  }
  expect(silent).toEqual([]);
});

function linesWith(files: readonly SourceFile[], pattern: RegExp): string[] {
  return files.flatMap((file) =>
    file.text
      .split('\n')
      .map((line, index) => ({ line, place: `${file.path}:${index + 1}` }))
      .filter(({ line }) => pattern.test(line))
      .map(({ line, place }) => `${place} ${line.trim().slice(0, 120)}`),
  );
}
