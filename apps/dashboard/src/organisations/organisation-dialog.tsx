// Making an organisation, whose first API key is then shown once, or giving one another name.
import type { OrganisationReply } from '@weir/api-contract';
import { useState } from 'react';
import { useCreation } from '../api/use-creation.ts';
import { TextField } from '../parts/field.tsx';
import { FormDialog } from '../parts/form-dialog.tsx';
import { ShownOnce } from '../parts/shown-once.tsx';
import { useSession } from '../session.tsx';

interface OrganisationDialogProps {
  /** Null: a new one. */
  readonly organisation: OrganisationReply | null;
  /** Hears of it as it is saved; of a new one before its key has been shown. */
  readonly onSaved: (organisation: OrganisationReply) => void;
  readonly onClose: () => void;
}

/** Open for as long as it is drawn. */
export function OrganisationDialog({ organisation, onSaved, onClose }: OrganisationDialogProps) {
  const { api } = useSession();
  const [name, setName] = useState(organisation?.name ?? '');
  const [secret, setSecret] = useState<string | null>(null);
  const { isBusy, problem, create, revise, faultOf } = useCreation();

  const save = async () => {
    if (organisation !== null) {
      const params = { organisationId: organisation.id };
      const ifGeneration = organisation.generation;
      const changed = await create(() => api.changeOrganisation({ params, body: { name }, ifGeneration }));
      if (changed !== null) onSaved(changed);
      return;
    }
    const made = await create((idempotencyKey) => api.createOrganisation({ body: { name }, idempotencyKey }));
    if (made === null) return;
    setSecret(made.secret);
    onSaved(made.organisation);
  };

  if (secret !== null) {
    return (
      <ShownOnce
        title={name}
        lead="The organisation is ready. This is its first key, which has every scope."
        secret="key"
        texts={[{ name: 'API key', text: secret, what: 'API key', testId: 'first-key' }]}
        onClose={onClose}
      />
    );
  }
  return (
    <FormDialog
      title={organisation === null ? 'New organisation' : 'Organisation'}
      lead="An organisation owns tenants, API keys and webhooks, and sees nothing of another."
      sum={null}
      problem={problem}
      submitLabel={organisation === null ? 'Create organisation' : 'Rename'}
      isBusy={isBusy}
      onSubmit={() => void save()}
      onClose={onClose}
    >
      <TextField
        label="Name"
        autoComplete="off"
        value={name}
        error={faultOf('name')}
        onChange={(event) => {
          setName(event.target.value);
          revise();
        }}
      />
    </FormDialog>
  );
}
