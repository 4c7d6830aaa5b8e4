// Bundles the processes into dist/ with esbuild and the dashboard with vite; parts whose sources have not changed are kept.
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { buildNativeTransport } from '../packages/net/native/build.mjs';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const dist = join(root, 'dist');
const force = process.argv.includes('--force');
// A start goes on without a dashboard; a build that was asked for by name does not.
const lenient = process.argv.includes('--lenient');

// Each process is one file. The `-parts` files export what `main.ts` runs, for the launcher that joins two processes in one.
const bundles = [
  { name: 'pooler', entry: 'apps/pooler/src/main.ts' },
  { name: 'control-api', entry: 'apps/control-api/src/main.ts' },
  { name: 'worker', entry: 'apps/control-api/src/worker/main.ts' },
  { name: 'cli', entry: 'apps/cli/src/main.ts' },
  { name: 'bench', entry: 'test/load/src/main.ts' },
  { name: 'bench-neighbour', entry: 'test/load/src/neighbour/main.ts' },
  { name: 'bench-api', entry: 'test/load/src/api/main.ts' },
  { name: 'conformance', entry: 'test/conformance/src/main.ts' },
  { name: 'counterweight', entry: 'test/counterweight/src/main.ts' },
  { name: 'vercel', entry: 'test/vercel/src/main.ts' },
  { name: 'pooler-parts', folder: 'apps/pooler/src', exports: ['compose.ts', 'config.ts'] },
  { name: 'control-api-parts', folder: 'apps/control-api/src', exports: ['compose.ts', 'config.ts'] },
];

/** Every file below `folder` that can change what is built, with its size and time. */
function* sourcesOf(folder) {
  if (!existsSync(folder)) return;
  const entries = readdirSync(folder, { withFileTypes: true }).sort((a, b) => (a.name < b.name ? -1 : 1));
  for (const entry of entries) {
    if (entry.name === 'node_modules' || entry.name === 'dist' || entry.name.startsWith('.')) continue;
    const path = join(folder, entry.name);
    if (entry.isDirectory()) yield* sourcesOf(path);
    else if (!/\.test\.tsx?$|\.md$/.test(entry.name)) {
      const { mtimeMs, size } = statSync(path);
      yield `${relative(root, path)} ${size} ${mtimeMs}\n`;
    }
  }
}

function stampOf(folders) {
  const hash = createHash('sha256');
  for (const file of ['scripts/build.mjs', 'pnpm-lock.yaml']) hash.update(readFileSync(join(root, file)));
  for (const folder of folders) for (const line of sourcesOf(join(root, folder))) hash.update(line);
  return hash.digest('hex');
}

/** Runs `build` unless everything below `folders` is as it was when it last ran. */
async function once(name, folders, build) {
  const stampFile = join(dist, `.${name}.stamp`);
  const stamp = stampOf(folders);
  if (!force && existsSync(stampFile) && readFileSync(stampFile, 'utf8') === stamp) return;
  const started = Date.now();
  if (await build()) {
    writeFileSync(stampFile, stamp);
    console.log(`built ${name} in ${((Date.now() - started) / 1000).toFixed(1)} s`);
  }
}

async function buildBundles() {
  const esbuild = await import('esbuild');
  // Finished files are renamed into place: a process that starts meanwhile finds the old or the new, never a part.
  const partial = join(dist, `.partial-${process.pid}`);
  mkdirSync(partial, { recursive: true });
  const wanted = bundles.filter((bundle) => {
    const files = bundle.entry ? [bundle.entry] : bundle.exports.map((file) => join(bundle.folder, file));
    const missing = files.filter((file) => !existsSync(join(root, file)));
    if (missing.length > 0)
      console.log(`${bundle.name}: left out, there is no ${missing.join(' and no ')} yet`);
    return missing.length === 0;
  });
  const bundle = (parts) =>
    esbuild.build({
      entryPoints: parts.map(({ name, entry }) => ({
        in: entry ? join(root, entry) : `parts:${name}`,
        out: name,
      })),
      plugins: [partsPlugin],
      outdir: partial,
      outExtension: { '.js': '.mjs' },
      bundle: true,
      platform: 'node',
      format: 'esm',
      target: 'node20',
      sourcemap: 'linked',
      sourcesContent: false,
      logLevel: 'warning',
      // Compiled add-ons that their packages ask for but do without, and test tools that are never bundled.
      external: [
        'pg-native',
        'bufferutil',
        'utf-8-validate',
        'cpu-features',
        'ssh2',
        'esbuild',
        'vitest',
        'testcontainers',
        'pino-pretty',
      ],
      banner: { js: banner },
    });
  let complete = true;
  try {
    try {
      // All at once: what several of them use is read and parsed once.
      await bundle(wanted);
    } catch {
      // esbuild has told what is wrong, with the line. The others are still wanted.
      for (const part of wanted) {
        await bundle([part]).catch(() => {
          console.error(`${part.name}: could not be built`);
          process.exitCode = 1;
          complete = false;
        });
      }
    }
    copyWasm(partial);
    for (const file of readdirSync(partial)) renameSync(join(partial, file), join(dist, file));
    copyMigrations();
  } finally {
    rmSync(partial, { recursive: true, force: true });
  }
  return complete;
}

// Packages in CommonJS call `require` and expect these names.
const banner = [
  "import { createRequire as weirCreateRequire } from 'node:module';",
  "import { fileURLToPath as weirFileURLToPath } from 'node:url';",
  "import { dirname as weirDirname } from 'node:path';",
  'const require = weirCreateRequire(import.meta.url);',
  'const __filename = weirFileURLToPath(import.meta.url);',
  'const __dirname = weirDirname(__filename);',
].join('\n');

const partsPlugin = {
  name: 'parts',
  setup(build) {
    build.onResolve({ filter: /^parts:/ }, ({ path }) => ({
      path: path.slice('parts:'.length),
      namespace: 'parts',
    }));
    build.onLoad({ filter: /.*/, namespace: 'parts' }, ({ path }) => {
      const { folder, exports } = bundles.find(({ name }) => name === path);
      return {
        contents: exports.map((file) => `export * from './${file}';`).join('\n'),
        resolveDir: join(root, folder),
      };
    });
  },
};

/** The SQL parser's code is WebAssembly that it looks for beside the file it runs in. */
function copyWasm(target) {
  const packageFile = join(root, 'packages/sql/package.json');
  if (!existsSync(packageFile)) return;
  try {
    const from = createRequire(packageFile).resolve('libpg-query');
    const wasm = join(dirname(from), 'libpg-query.wasm');
    if (existsSync(wasm)) cpSync(wasm, join(target, 'libpg-query.wasm'));
  } catch {
    // Not a dependency of this version.
  }
}

function copyMigrations() {
  const from = ['packages/catalog/migrations', 'packages/catalog/src/migrations']
    .map((folder) => join(root, folder))
    .find((folder) => existsSync(folder));
  if (from === undefined) return;
  const target = join(dist, 'migrations');
  const partial = `${target}.${process.pid}`;
  cpSync(from, partial, { recursive: true });
  rmSync(target, { recursive: true, force: true });
  renameSync(partial, target);
}

async function buildDashboard() {
  const folder = join(root, 'apps/dashboard');
  if (!existsSync(join(folder, 'index.html'))) {
    console.log('dashboard: left out, apps/dashboard/index.html does not exist yet');
    return false;
  }
  const vite = join(folder, 'node_modules/vite/bin/vite.js');
  const target = join(dist, 'dashboard');
  const partial = `${target}.${process.pid}`;
  const args = [vite, 'build', '--outDir', partial, '--emptyOutDir', '--logLevel', 'warn'];
  const child = spawn(process.execPath, args, { cwd: folder, stdio: ['ignore', 'inherit', 'inherit'] });
  const built = await new Promise((resolve) => {
    child.once('error', () => resolve(false));
    child.once('exit', (code) => resolve(code === 0));
  });
  if (!built) {
    rmSync(partial, { recursive: true, force: true });
    console.error(`dashboard: could not be built${lenient ? '; going on without it' : ''}`);
    if (!lenient) process.exitCode = 1;
    return false;
  }
  rmSync(target, { recursive: true, force: true });
  renameSync(partial, target);
  return true;
}

/** Without it the pooler's sockets are Node's own, which is slower and no fault. */
function buildNative() {
  const made = buildNativeTransport({ dist, force });
  if (made.file === undefined) console.log(`native transport: left out, ${made.why}`);
  else if (made.built) console.log('built the native transport');
}

mkdirSync(dist, { recursive: true });
buildNative();
await Promise.all([
  once(
    'processes',
    [
      ...['apps/pooler', 'apps/control-api', 'apps/cli', 'packages'],
      ...['test/load', 'test/conformance', 'test/counterweight/src', 'test/vercel/src', 'test/harness'],
    ],
    buildBundles,
  ),
  once('dashboard', ['apps/dashboard', 'packages/api-contract', 'packages/tenancy'], buildDashboard),
]);
