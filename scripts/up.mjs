// What `npm start` and `npm test` run: installs what is missing, builds what has changed, and hands over. Node built-ins only.
import { spawn, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  accessSync,
  constants,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { homedir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const bin = join(root, 'node_modules', '.bin');
const installStamp = join(root, 'node_modules', '.weir-install');
const pnpm = 'pnpm@12.21.0';
const [task, ...rest] = process.argv.slice(2);

const environment = { ...process.env, PATH: [bin, process.env.PATH].filter(Boolean).join(delimiter) };
useWritableHome();

/** Caches go under HOME; without a HOME that can be written to they go into the project. */
function useWritableHome() {
  try {
    accessSync(homedir(), constants.W_OK);
  } catch {
    environment.HOME = join(root, '.weir', 'home');
    mkdirSync(environment.HOME, { recursive: true });
  }
}

/** Everything that decides what an install brings. */
function installHash() {
  const hash = createHash('sha256').update(`${process.platform} ${process.arch}\n`);
  const manifests = ['apps', 'packages', 'test'].flatMap((group) => {
    const folder = join(root, group);
    return existsSync(folder) ? readdirSync(folder).map((name) => join(group, name, 'package.json')) : [];
  });
  for (const file of ['pnpm-lock.yaml', 'pnpm-workspace.yaml', 'package.json', ...manifests.sort()]) {
    const path = join(root, file);
    if (existsSync(path)) hash.update(file).update(readFileSync(path));
  }
  return hash.digest('hex');
}

function npxCommand() {
  // npm tells where it lives; its npx may not be on PATH.
  const beside = process.env.npm_execpath && join(dirname(process.env.npm_execpath), 'npx-cli.js');
  return beside && existsSync(beside) ? [process.execPath, beside] : ['npx'];
}

function install() {
  const hash = installHash();
  if (existsSync(installStamp) && readFileSync(installStamp, 'utf8') === hash) return;
  console.log('weir: installing dependencies (only when they have changed) ...');
  const [command, ...args] = [...npxCommand(), '-y', pnpm, 'install', '--frozen-lockfile'];
  const started = Date.now();
  const result = spawnSync(command, args, {
    cwd: root,
    stdio: ['ignore', 'inherit', 'inherit'],
    env: { ...environment, CI: 'true' },
  });
  if (result.error) fail(`${command} could not be run (${result.error.message}); it comes with Node and npm`);
  if (result.signal) process.exit(130);
  rmSync(join(root, 'node_modules', '.weir-node-works'), { force: true });
  if (result.status !== 0) {
    rmSync(installStamp, { force: true });
    fail('the dependencies could not be installed; what pnpm wrote above says why');
  }
  writeFileSync(installStamp, hash);
  console.log(`weir: dependencies installed in ${((Date.now() - started) / 1000).toFixed(1)} s`);
}

/** Node 24 as the project pins it, or the one that runs this file where that is not to be had. */
function chooseNode() {
  const pinned = join(bin, 'node');
  // Tried once: starting a Node only to see that it starts costs each start.
  const works = join(root, 'node_modules', '.weir-node-works');
  if (existsSync(pinned)) {
    if (existsSync(works)) return pinned;
    if (spawnSync(pinned, ['--version'], { stdio: 'ignore' }).status === 0) {
      writeFileSync(works, '');
      return pinned;
    }
  }
  const [major, minor] = process.versions.node.split('.').map(Number);
  if (major < 20 || (major === 20 && minor < 19)) {
    fail(
      `Node ${process.versions.node} is too old, and no newer one could be installed: use Node 22.12 or newer`,
    );
  }
  return process.execPath;
}

/** Runs Node to the end; whatever ends us ends it first, in order. */
function run(node, args) {
  return new Promise((resolve) => {
    // Over the fourth channel the child learns of our end, however it comes.
    const child = spawn(node, args, {
      cwd: root,
      stdio: ['inherit', 'inherit', 'inherit', 'ipc'],
      env: environment,
    });
    // A Ctrl-C reaches the child by itself, since it shares our terminal; we only wait for it.
    const onInterrupt = () => {};
    const onTerminate = () => child.kill('SIGTERM');
    process.on('SIGINT', onInterrupt).on('SIGTERM', onTerminate).on('SIGHUP', onTerminate);
    const parent = process.ppid;
    const watch =
      process.env.npm_lifecycle_event &&
      setInterval(() => {
        // npm was killed without a chance to tell us.
        if (process.ppid !== parent) onTerminate();
      }, 1_000);
    child.on('exit', (code, signal) => {
      clearInterval(watch);
      process.off('SIGINT', onInterrupt).off('SIGTERM', onTerminate).off('SIGHUP', onTerminate);
      resolve(signal ? 128 + (signal === 'SIGINT' ? 2 : 15) : (code ?? 1));
    });
    child.on('error', (error) => fail(`${node} could not be run: ${error.message}`));
  });
}

function fail(text) {
  console.error(`weir: ${text}`);
  process.exit(1);
}

install();
const node = chooseNode();
// The second start finds the code compiled.
if (task === 'start') environment.NODE_COMPILE_CACHE ??= join(root, 'dist', '.compile-cache');
const build = join(root, 'scripts', 'build.mjs');
const tasks = {
  start: [
    [build, '--lenient'],
    [join(root, 'dist', 'cli.mjs'), 'up', ...rest],
  ],
  test: [[build], [join(root, 'node_modules', 'vitest', 'vitest.mjs'), 'run', ...rest]],
  bench: [[build], [join(root, 'dist', 'bench.mjs'), ...rest]],
};
if (!tasks[task]) fail(`unknown task ${task ?? '(none)'}: one of ${Object.keys(tasks).join(', ')}`);
for (const step of tasks[task]) {
  const code = await run(node, step);
  if (code !== 0) process.exit(code);
}
