// How drizzle-kit writes a migration from the schema: `npx drizzle-kit generate --name <what-changes>` in this folder.
import { defineConfig } from 'drizzle-kit';

export default defineConfig({
  dialect: 'postgresql',
  schema: './src/schema.ts',
  out: './migrations',
});
