// Schemas of a list of allowed addresses that is tried: who of those who are there would be let in by it.
import { z } from 'zod';
import { endpointIdSchema } from './identity.ts';
import { allowedAddressesSchema } from './settings.ts';

export const tryAddressesBodySchema = z
  .strictObject({ allowedAddresses: allowedAddressesSchema })
  .meta({ id: 'TryAddressesBody' });

const isAllowedSchema = z.boolean().describe('Whether a new connection from there would be let in');

export const triedAddressesSchema = z
  .object({
    endpointId: endpointIdSchema,
    caller: z
      .object({ address: z.string(), isAllowed: isAllowedSchema })
      .describe('Where this request came from, as the API saw it'),
    clients: z
      .array(
        z.object({
          address: z.string(),
          count: z.number().int().describe('Client connections from there now, on both hosts'),
          isAllowed: isAllowedSchema,
        }),
      )
      .describe('Where clients that are connected come from, those with most connections first'),
    leftOut: z.number().int().min(0).describe('Client connections whose address is not listed'),
  })
  .meta({ id: 'TriedAddresses' });

export type TriedAddressesReply = z.output<typeof triedAddressesSchema>;
