// Changing what the budget of an endpoint is worked out from, with the new budget beside the old one before it is made.
import type { EndpointReply } from '@weir/api-contract';
import { useId, useState } from 'react';
import { useAction } from '../api/use-action.ts';
import { count } from '../format.ts';
import { BudgetSum } from '../parts/budget-sum.tsx';
import { Dialog } from '../parts/dialog.tsx';
import { Icon } from '../parts/icon.tsx';
import { ProblemNotice } from '../parts/problem-notice.tsx';
import { useSession } from '../session.tsx';
import { SizingFields } from './sizing-fields.tsx';
import { readSizing, sizingFormOf } from './sizing-form.ts';

interface SizingDialogProps {
  readonly endpoint: EndpointReply;
  readonly onChanged: (endpoint: EndpointReply) => void;
  readonly onClose: () => void;
}

/** Open for as long as it is drawn. */
export function SizingDialog({ endpoint, onChanged, onClose }: SizingDialogProps) {
  const { api } = useSession();
  const formId = useId();
  const [start] = useState(() => sizingFormOf(endpoint.sizing));
  const [form, setForm] = useState(start);
  const { isBusy, problem, run, clear } = useAction();
  const reading = readSizing(form);
  const { sizing } = reading;
  const isChanged = Object.entries(form).some(([field, text]) => text !== start[field as keyof typeof form]);

  const apply = async () => {
    if (sizing === null || !isChanged) return;
    const { divisorBytes, cap, reserve } = sizing;
    const changed = await run(() =>
      api.changeEndpoint({
        params: { endpointId: endpoint.id },
        body: {
          // Typed to three decimals: memory that was not touched stays as it is, to the byte.
          ...(form.ramGb === start.ramGb ? {} : { computeRamBytes: sizing.ramBytes }),
          sizing: { divisorBytes, cap, reserve },
        },
        ifGeneration: endpoint.generation,
      }),
    );
    if (changed !== null) onChanged(changed);
  };

  return (
    <Dialog
      title="Sizing"
      lead="What the machine of the database can bear."
      onClose={onClose}
      foot={
        <>
          <section className="effects" aria-label="What this changes" aria-live="polite">
            <p className="fine">{effectOf(endpoint.budget, isChanged ? (sizing?.budget ?? null) : null)}</p>
          </section>
          {problem !== null && <ProblemNotice problem={problem} />}
          <div className="dialog-actions">
            <button type="button" className="button" onClick={onClose}>
              Cancel
            </button>
            <button
              type="submit"
              form={formId}
              className="button button-primary"
              aria-disabled={isBusy || sizing === null || !isChanged}
            >
              {isBusy ? (
                'Applying…'
              ) : sizing !== null && sizing.budget !== endpoint.budget ? (
                <span className="numbers">
                  {count(endpoint.budget)} <Icon name="to" /> {count(sizing.budget)}
                </span>
              ) : (
                'Apply'
              )}
            </button>
          </div>
        </>
      }
    >
      <form
        id={formId}
        className="settings-form"
        noValidate
        onSubmit={(event) => {
          event.preventDefault();
          void apply();
        }}
      >
        <SizingFields
          form={form}
          reading={reading}
          withServer={false}
          onChange={(field, text) => {
            setForm((before) => ({ ...before, [field]: text }));
            clear();
          }}
        />
        {sizing !== null && (
          <div className="sizing-sum">
            <BudgetSum sizing={sizing} />
          </div>
        )}
      </form>
    </Dialog>
  );
}

function effectOf(before: number, after: number | null): string {
  if (after === null) return 'Nothing is changed yet. What a change does is said here before you make it.';
  if (after === before) return `The budget stays ${count(before)}.`;
  if (after > before) {
    return `The budget grows from ${count(before)} to ${count(after)}: clients that wait get more server connections at once.`;
  }
  return `The budget falls from ${count(before)} to ${count(after)}: server connections above it close when they are idle or released. Clients may wait longer; none is dropped.`;
}
