// A dialog with a form that scrolls, and below it what the form would do, what went wrong, and the buttons.
import { type ReactNode, useId } from 'react';
import type { ApiProblem } from '../api/problem.ts';
import { Dialog } from './dialog.tsx';
import { ProblemNotice } from './problem-notice.tsx';

interface FormDialogProps {
  readonly title: string;
  readonly lead: ReactNode;
  /** What it would do as it is filled in now, and what keeps it from that. */
  readonly sum: ReactNode;
  readonly problem: ApiProblem | null;
  /** Left of the usual buttons. */
  readonly apart?: ReactNode;
  readonly submitLabel: ReactNode;
  readonly isBusy: boolean;
  /** Whether there is something to submit; asked for by the button alone. */
  readonly isReady?: boolean;
  readonly onSubmit: () => void;
  readonly onClose: () => void;
  readonly children: ReactNode;
}

/** Open for as long as it is drawn. */
export function FormDialog(props: FormDialogProps) {
  const { title, lead, sum, problem, apart, submitLabel, isBusy, isReady = true } = props;
  const { onSubmit, onClose, children } = props;
  const formId = useId();
  return (
    <Dialog
      title={title}
      lead={lead}
      onClose={onClose}
      foot={
        <>
          {sum}
          {problem !== null && <ProblemNotice problem={problem} />}
          <div className="dialog-actions">
            {apart}
            <button type="button" className="button" onClick={onClose}>
              Cancel
            </button>
            <button
              type="submit"
              form={formId}
              className="button button-primary"
              aria-disabled={isBusy || !isReady}
            >
              {isBusy ? 'Applying…' : submitLabel}
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
          onSubmit();
          const form = event.currentTarget;
          // After React has marked what is wrong.
          requestAnimationFrame(() => form.querySelector<HTMLElement>('[aria-invalid=true]')?.focus());
        }}
      >
        {children}
      </form>
    </Dialog>
  );
}
