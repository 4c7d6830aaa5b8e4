// `weir certs`: development certificates, made or renewed.

import { join } from 'node:path';
import { ensureDevCertificates } from '@weir/local-servers';
import { defineCommand } from '../command.ts';
import { stateDirectory } from '../project.ts';

export const certs = defineCommand({
  name: 'certs',
  usage: 'certs [--dir DIR] [--domain db.localhost]',
  summary: 'make or renew the development authority and its server certificate',
  help: `
The certificate is for *.<domain>, <domain>, localhost, 127.0.0.1 and ::1. The authority is kept when it is renewed.`,
  options: {
    dir: { type: 'string' },
    domain: { type: 'string' },
    state: { type: 'string' },
  },
  async run({ values }) {
    const dir = values.dir ?? join(stateDirectory(values.state), 'certificates');
    const { caPem: _, ...made } = await ensureDevCertificates({
      dir,
      domain: values.domain ?? 'db.localhost',
    });
    console.log(
      values.json
        ? JSON.stringify(made)
        : [
            `authority    ${made.caFile}`,
            `certificate  ${made.certFile} (until ${made.validUntil})`,
            `key          ${made.keyFile}`,
            made.renewed ? 'made anew' : 'kept as they were',
          ].join('\n'),
    );
  },
});
