// One postgres.js client an instance, over the pooled string, which is a connection that waits while the instance is frozen.
import postgres from 'postgres';

// One statement at a time is all that most functions send; a small client scales out best.
export const sql = postgres(process.env.DATABASE_URL!, { max: 1 });
