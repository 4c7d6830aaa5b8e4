// Kinds of columns that several tables have.
import { bigint, timestamp } from 'drizzle-orm/pg-core';

// Milliseconds, so that a time read into a Date and written into a cursor is the same time again.
export const moment = (name: string) => timestamp(name, { withTimezone: true, mode: 'date', precision: 3 });
// Up to 30 days in ms, which an integer does not hold; 0: no limit.
export const timeLimit = (name: string) => bigint(name, { mode: 'number' }).notNull().default(0);
export const createdAt = () => moment('created_at').notNull().defaultNow();
export const updatedAt = () => moment('updated_at').notNull().defaultNow();
