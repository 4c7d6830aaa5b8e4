// Makes every name under `localhost` resolve to 127.0.0.1 in this Node process; load it with `node --import`.
import dns from 'node:dns';
import { syncBuiltinESMExports } from 'node:module';

const system = dns.lookup;

dns.lookup = function lookup(hostname, options, callback) {
  const done = typeof options === 'function' ? options : callback;
  if (!/(^|\.)localhost$/i.test(hostname)) return system.call(dns, hostname, options, callback);
  const all = typeof options === 'object' && options !== null && options.all === true;
  process.nextTick(() =>
    all ? done(null, [{ address: '127.0.0.1', family: 4 }]) : done(null, '127.0.0.1', 4),
  );
};
// Modules that imported `lookup` by name see the new one too.
syncBuiltinESMExports();
