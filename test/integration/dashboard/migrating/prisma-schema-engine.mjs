#!/usr/bin/env node
// Stands where Prisma expects its schema engine's binary: the same engine as WebAssembly, over Prisma's own adapter for pg.
// Prisma starts it, and asks it line by line in JSON-RPC. WEIR_PRISMA_MODULES names the packages; the string is Prisma's.
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { pathToFileURL } from 'node:url';

const [args, modules] = [process.argv.slice(2), process.env.WEIR_PRISMA_MODULES];
// It is asked whether the database is there; the migration itself will tell.
if (args.includes('cli')) process.exit(0);

const require = createRequire(join(modules, 'index.js'));
const load = (file) => import(pathToFileURL(file).href);
const given = args[args.indexOf('--datasource') + 1];
const url = new URL(args.includes('--datasource') ? JSON.parse(given).url : process.env.DIRECT_URL);
const datamodels = [];
for (
  let at = args.indexOf('--datamodels') + 1;
  at > 0 && at < args.length && !args[at].startsWith('--');
  at++
)
  datamodels.push([args[at], readFileSync(args[at], 'utf8')]);

const folder = join(modules, '@prisma', 'schema-engine-wasm');
const bindings = await load(join(folder, 'schema_engine_bg.js'));
const { instance } = await WebAssembly.instantiate(readFileSync(join(folder, 'schema_engine_bg.wasm')), {
  './schema_engine_bg.js': bindings,
});
bindings.__wbg_set_wasm(instance.exports);
instance.exports.__wbindgen_start();

// The adapter knows neither "char" nor name, nor lists of them, in which catalogs are written.
const adapterFile = require.resolve('@prisma/adapter-pg');
const { default: Result } = await load(createRequire(adapterFile).resolve('pg/lib/result'));
const asText = { 18: 25, 19: 25, 1002: 1009, 1003: 1009 };
const { addFields } = Result.prototype;
Result.prototype.addFields = function addTextFields(fields) {
  addFields.call(this, fields);
  for (const field of this.fields) field.dataTypeID = asText[field.dataTypeID] ?? field.dataTypeID;
};
const { PrismaPg } = await load(adapterFile);
const { bindMigrationAwareSqlAdapterFactory } = await load(require.resolve('@prisma/driver-adapter-utils'));
const [user, password, database] = [url.username, url.password, url.pathname.slice(1)].map(
  decodeURIComponent,
);
const { hostname: host, port } = url;
const adapter = new PrismaPg({ host, port: Number(port), user, password, database, ssl: true, max: 1 });
const engine = await bindings.SchemaEngine.new(
  { datamodels },
  () => {},
  bindMigrationAwareSqlAdapterFactory(adapter),
);

const send = (message) => console.log(JSON.stringify({ jsonrpc: '2.0', ...message }));
for await (const line of createInterface({ input: process.stdin })) {
  const { id, method, params } = JSON.parse(line);
  if (method === undefined) continue;
  try {
    send({ id, result: (await engine[method](params)) ?? null });
  } catch ({ message, code: error_code = null }) {
    send({ id, error: { code: 4466, message, data: { is_panic: false, message, meta: null, error_code } } });
  }
}
process.exit(0);
