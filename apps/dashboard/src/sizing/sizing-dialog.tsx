// Changing what the budget of an endpoint is worked out from, with the new budget beside the old one before it is made.
import type { EndpointReply } from '@weir/api-contract';
import { useState } from 'react';
import { useEndpointChange } from '../api/use-endpoint-change.ts';
import { count } from '../format.ts';
import { BudgetSum } from '../parts/budget-sum.tsx';
import { FormDialog } from '../parts/form-dialog.tsx';
import { Icon } from '../parts/icon.tsx';
import { SizingFields } from './sizing-fields.tsx';
import { readSizing, sizingFormOf } from './sizing-form.ts';

interface SizingDialogProps {
  readonly endpoint: EndpointReply;
  readonly onChanged: (endpoint: EndpointReply) => void;
  readonly onClose: () => void;
}

/** Open for as long as it is drawn. */
export function SizingDialog({ endpoint, onChanged, onClose }: SizingDialogProps) {
  const [start] = useState(() => sizingFormOf(endpoint.sizing));
  const [form, setForm] = useState(start);
  const { isBusy, problem, clear, change } = useEndpointChange(endpoint, onChanged);
  const reading = readSizing(form);
  const { sizing } = reading;
  const isChanged = Object.entries(form).some(([field, text]) => text !== start[field as keyof typeof form]);

  const apply = () => {
    if (sizing === null || !isChanged) return;
    const { divisorBytes, cap, reserve } = sizing;
    void change({
      // Typed to three decimals: memory that was not touched stays as it is, to the byte.
      ...(form.ramGb === start.ramGb ? {} : { computeRamBytes: sizing.ramBytes }),
      sizing: { divisorBytes, cap, reserve },
    });
  };

  return (
    <FormDialog
      title="Sizing"
      lead="What the machine of the database can bear."
      sum={
        <section className="effects" aria-label="What this changes" aria-live="polite">
          <p className="fine">{effectOf(endpoint.budget, isChanged ? (sizing?.budget ?? null) : null)}</p>
        </section>
      }
      problem={problem}
      submitLabel={
        sizing !== null && sizing.budget !== endpoint.budget ? (
          <span className="numbers">
            {count(endpoint.budget)} <Icon name="to" /> {count(sizing.budget)}
          </span>
        ) : (
          'Apply'
        )
      }
      isBusy={isBusy}
      isReady={sizing !== null && isChanged}
      onSubmit={apply}
      onClose={onClose}
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
    </FormDialog>
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
