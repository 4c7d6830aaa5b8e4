// Every operation of the API by its name, and the types of what goes in and comes out.
import type { z } from 'zod';
import { banOperations } from './ban-operations.ts';
import { credentialOperations } from './credential-operations.ts';
import { endpointOperations } from './endpoint-operations.ts';
import type { Operation } from './operation.ts';
import { orderOperations } from './order-operations.ts';
import { organisationOperations } from './organisation-operations.ts';
import { roleOperations } from './role-operations.ts';
import { tenantOperations } from './tenant-operations.ts';
import { trustRuleOperations } from './trust-rule-operations.ts';
import { usageOperations } from './usage-operations.ts';
import { webhookOperations } from './webhook-operations.ts';

/** The whole API; order is that of the documentation. */
export const operations = {
  ...organisationOperations,
  ...tenantOperations,
  ...endpointOperations,
  ...roleOperations,
  ...credentialOperations,
  ...trustRuleOperations,
  ...usageOperations,
  ...orderOperations,
  ...webhookOperations,
  ...banOperations,
};

export type Operations = typeof operations;
export type OperationId = keyof Operations;

/** Operations that need no key. */
export type OpenOperationId = {
  [Id in OperationId]: Operations[Id] extends { isOpen: true } ? Id : never;
}[OperationId];

/** Whether an operation needs no key. */
export function isOpenOperation(id: OperationId): id is OpenOperationId {
  return (operations[id] as Operation).isOpen === true;
}

/** Every operation's name, in order. */
export const operationIds = Object.keys(operations) as OperationId[];

type Part<
  Id extends OperationId,
  Name extends 'params' | 'query' | 'body',
> = Name extends keyof Operations[Id] ? Operations[Id][Name] : undefined;

/** One part of a request as it arrives at the server: checked, and with defaults filled in. */
export type RequestPart<Id extends OperationId, Name extends 'params' | 'query' | 'body'> =
  Part<Id, Name> extends z.ZodType ? z.output<Part<Id, Name>> : undefined;

/** One part of a request as a caller gives it. */
export type RequestPartInput<Id extends OperationId, Name extends 'params' | 'query' | 'body'> =
  Part<Id, Name> extends z.ZodType ? z.input<Part<Id, Name>> : undefined;

/** The body of the reply; null where there is none. */
export type ReplyOf<Id extends OperationId> = z.output<Operations[Id]['reply']>;
