// A tenant's application in a process of its own: node-postgres with DATABASE_URL as it stands, one statement a line of stdin.
import { Socket } from 'node:net';
import { createInterface } from 'node:readline';
import pg from 'pg';

// Names under localhost resolve on few machines; where they do, it is to this address.
const viaLoopback = () => {
  const socket = new Socket();
  const connect = socket.connect.bind(socket);
  socket.connect = (port) => connect(port, '127.0.0.1');
  return socket;
};

const client = new pg.Client({ connectionString: process.env.DATABASE_URL, stream: viaLoopback });
await client.connect();
for await (const statement of createInterface({ input: process.stdin })) {
  const { rows } = await client.query(statement);
  process.stdout.write(`${JSON.stringify(rows)}\n`);
}
await client.end();
