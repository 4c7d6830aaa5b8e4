// Schemas of overrides: what is chosen differently for a role, a database, or a role in a database.
import { overridesMax, type SettingsOverride } from '@weir/tenancy';
import { z } from 'zod';
import { postgresNameSchema } from './identity.ts';
import { poolFields } from './pool-fields.ts';

const says =
  'What is different for a role, a database or both. Each setting is taken from the most specific that has it: ' +
  'of role and database, of the role, of the database, and else from the endpoint';

const overrideSchema = z
  .object({
    database: z.string().nullable().describe('null: every database'),
    role: z.string().nullable().describe('null: every role'),
    settings: z.object(poolFields).partial().meta({ id: 'PoolSettings' }),
  })
  .meta({ id: 'SettingsOverride' }) satisfies z.ZodType<SettingsOverride>;

/** As the API shows them. */
export const overridesSchema = z.array(overrideSchema).describe(says);

const overrideInputSchema = z
  .strictObject({
    database: postgresNameSchema.nullable().default(null).describe('null: every database'),
    role: postgresNameSchema.nullable().default(null).describe('null: every role'),
    settings: z.strictObject(poolFields).partial().meta({ id: 'PoolSettingsChange' }),
  })
  .refine((one) => one.role !== null || one.database !== null, {
    path: ['role'],
    message: 'name a role, a database or both; what holds for all is a setting of the endpoint',
  })
  .meta({ id: 'SettingsOverrideChange' });

/** As they are chosen: the whole list each time. */
export const overridesInputSchema = z
  .array(overrideInputSchema)
  .max(overridesMax)
  .superRefine((overrides, context) => {
    const seen = new Map<string, number>();
    for (const [index, { role, database }] of overrides.entries()) {
      const pair = JSON.stringify([role, database]);
      const first = seen.get(pair);
      if (first === undefined) seen.set(pair, index);
      else {
        const message = `is for the same role and database as overrides.${first}; put both into one`;
        context.addIssue({ code: 'custom', path: [index], message });
      }
    }
  })
  .describe(`${says}. Replaces the whole list; at most ${overridesMax}`);
