// The question before a tenant is deleted, and the deletion.
import type { TenantReply } from '@weir/api-contract';
import { useState } from 'react';
import { ApiProblem } from '../api/problem.ts';
import { goTo } from '../router.ts';
import { useSession } from '../session.tsx';
import { Dialog } from './dialog.tsx';
import { TextField } from './field.tsx';
import { ProblemNotice } from './problem-notice.tsx';

/** Asks for the tenant's name, since its clients lose their connections. */
export function DeleteTenant({ tenant, onClose }: { tenant: TenantReply; onClose: () => void }) {
  const { api } = useSession();
  const [typed, setTyped] = useState('');
  const [busy, setBusy] = useState(false);
  const [wrong, setWrong] = useState(false);
  const [problem, setProblem] = useState<ApiProblem | null>(null);

  const remove = async () => {
    if (busy) return;
    if (typed.trim() !== tenant.name) return setWrong(true);
    setBusy(true);
    setProblem(null);
    try {
      await api.deleteTenant(tenant.id);
      goTo({ page: 'tenants' });
    } catch (error) {
      setProblem(ApiProblem.from(error));
      setBusy(false);
    }
  };

  return (
    <Dialog small title={`Delete ${tenant.name}?`} onClose={onClose}>
      <p className="purpose">
        Its endpoints stop answering and its clients are disconnected. The Postgres behind it is left as it
        is.
      </p>
      <form
        className="create-form"
        onSubmit={(event) => {
          event.preventDefault();
          void remove();
        }}
      >
        <TextField
          label={`Type ${tenant.name} to confirm`}
          autoComplete="off"
          spellCheck={false}
          value={typed}
          error={wrong ? "That is not this tenant's name." : undefined}
          onChange={(event) => {
            setTyped(event.target.value);
            setWrong(false);
          }}
        />
        {problem !== null && <ProblemNotice problem={problem} />}
        <div className="dialog-actions">
          <button type="button" className="button" onClick={onClose}>
            Keep it
          </button>
          <button type="submit" className="button button-danger" aria-disabled={busy}>
            {busy ? 'Deleting…' : 'Delete tenant'}
          </button>
        </div>
      </form>
    </Dialog>
  );
}
