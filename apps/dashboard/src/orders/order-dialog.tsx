// The question before an order is given: what it does, and for which pools, where it may be for some alone.
import type { EndpointReply, OrderOperationId, OrderReply } from '@weir/api-contract';
import { useState } from 'react';
import { ConfirmDialog } from '../parts/confirm-dialog.tsx';
import { VerbatimField } from '../parts/field.tsx';
import { useSession } from '../session.tsx';
import { type OrderScope, scopeInWords, wordsOf } from './order-words.ts';

interface OrderDialogProps {
  readonly endpoint: EndpointReply;
  readonly id: OrderOperationId;
  /** For these pools; undefined: who gives the order says for which. */
  readonly scope?: OrderScope | undefined;
  readonly onGiven: (reply: OrderReply) => void;
  readonly onClose: () => void;
}

/** Open for as long as it is drawn. */
export function OrderDialog({ endpoint, id, scope, onGiven, onClose }: OrderDialogProps) {
  const { api } = useSession();
  const [typed, setTyped] = useState({ role: '', database: '' });
  const { label, says, isDanger = false, hasScope = false } = wordsOf(id, endpoint);
  const params = { endpointId: endpoint.id };
  const give = () => {
    if (id === 'drainEndpoint') return api.drainEndpoint({ params, body: {} });
    return api[id]({ params, body: { ...(scope ?? scopeOf(typed)) } });
  };
  const field = (name: keyof typeof typed) => ({
    placeholder: `every ${name}`,
    value: typed[name],
    onChange: (event: { target: { value: string } }) =>
      setTyped((before) => ({ ...before, [name]: event.target.value })),
  });
  return (
    <ConfirmDialog
      title={`${label} ${scope === undefined ? endpoint.id : scopeInWords(scope)}?`}
      confirm={label}
      danger={isDanger}
      act={async () => onGiven(await give())}
      onClose={onClose}
    >
      <p className="purpose">{says}</p>
      {hasScope && scope === undefined && (
        <fieldset className="setting-group order-scope">
          <legend>Only these pools</legend>
          <VerbatimField label="Role" {...field('role')} />
          <VerbatimField label="Database" {...field('database')} />
        </fieldset>
      )}
    </ConfirmDialog>
  );
}

function scopeOf({ role, database }: { role: string; database: string }): OrderScope {
  return { role: role.trim() || null, database: database.trim() || null };
}
