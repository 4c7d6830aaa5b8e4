// Every column of the catalog that holds something sealed: what it is, the key of its rows, and what each is bound to.
import type { AnyColumn, Table } from 'drizzle-orm';
import { mockSecretPlace } from './catalog.ts';
import { servicePasswordPlace } from './endpoints.ts';
import { keptReplyPlace } from './kept-replies.ts';
import { passwordPlace, previousPasswordPlace } from './role-rows.ts';
import { catalogMeta, endpoints, keptReplies, roles, webhooks } from './schema.ts';
import type { SecretPlace } from './sealer.ts';
import { previousSecretPlace } from './webhook-rotations.ts';
import { secretPlace } from './webhooks.ts';

/** What is sealed in the catalog, as people are told of it. */
export const sealedKinds = [
  'servicePasswords',
  'rolePasswords',
  'webhookSecrets',
  'keptReplies',
  'catalogSecrets',
] as const;
export type SealedKind = (typeof sealedKinds)[number];

export interface SealedColumn {
  readonly kind: SealedKind;
  readonly table: Table;
  readonly column: AnyColumn;
  /** Of the row; all are text. */
  readonly key: readonly AnyColumn[];
  /** For a row by its key. */
  place(...key: string[]): SecretPlace;
}

/** A column that is missing here would be lost with the key that sealed it. A test compares this with the tables. */
export const sealedColumns: readonly SealedColumn[] = [
  {
    kind: 'servicePasswords',
    table: endpoints,
    column: endpoints.servicePasswordSealed,
    key: [endpoints.id],
    place: (endpointId) => servicePasswordPlace(endpointId!),
  },
  {
    kind: 'rolePasswords',
    table: roles,
    column: roles.passwordSealed,
    key: [roles.endpointId, roles.name],
    place: (endpointId, name) => passwordPlace({ endpointId: endpointId!, name: name! }),
  },
  {
    kind: 'rolePasswords',
    table: roles,
    column: roles.previousPasswordSealed,
    key: [roles.endpointId, roles.name],
    place: (endpointId, name) => previousPasswordPlace({ endpointId: endpointId!, name: name! }),
  },
  {
    kind: 'webhookSecrets',
    table: webhooks,
    column: webhooks.secretSealed,
    key: [webhooks.id],
    place: (id) => secretPlace(id!),
  },
  {
    kind: 'webhookSecrets',
    table: webhooks,
    column: webhooks.previousSecretSealed,
    key: [webhooks.id],
    place: (id) => previousSecretPlace(id!),
  },
  {
    kind: 'keptReplies',
    table: keptReplies,
    column: keptReplies.sealed,
    key: [keptReplies.apiKeyId, keptReplies.route, keptReplies.idempotencyKey],
    place: (apiKeyId, route, idempotencyKey) => keptReplyPlace(apiKeyId!, route!, idempotencyKey!),
  },
  {
    kind: 'catalogSecrets',
    table: catalogMeta,
    column: catalogMeta.mockSecretSealed,
    // There is one row.
    key: [],
    place: () => mockSecretPlace,
  },
];
