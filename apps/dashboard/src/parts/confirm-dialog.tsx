// A question before something is done that others feel, the thing itself, and what went wrong with it.
import type { ReactNode } from 'react';
import { useAction } from '../api/use-action.ts';
import { Dialog } from './dialog.tsx';
import { ProblemNotice } from './problem-notice.tsx';

interface ConfirmDialogProps {
  readonly title: string;
  /** What it does, and whatever is asked for besides. */
  readonly children: ReactNode;
  readonly confirm: string;
  readonly danger?: boolean;
  /** Stays open if it rejects; closed by whoever drew it otherwise. */
  readonly act: () => Promise<unknown>;
  readonly onClose: () => void;
}

/** Open for as long as it is drawn. */
export function ConfirmDialog({
  title,
  children,
  confirm,
  danger = false,
  act,
  onClose,
}: ConfirmDialogProps) {
  const { isBusy, problem, run } = useAction();
  return (
    <Dialog small title={title} onClose={onClose}>
      <form
        className="dialog-form"
        onSubmit={(event) => {
          event.preventDefault();
          void run(act);
        }}
      >
        {children}
        {problem !== null && <ProblemNotice problem={problem} />}
        <div className="dialog-actions">
          <button type="button" className="button" onClick={onClose}>
            Cancel
          </button>
          <button
            type="submit"
            className={danger ? 'button button-danger' : 'button button-primary'}
            aria-disabled={isBusy}
          >
            {isBusy ? 'One moment…' : confirm}
          </button>
        </div>
      </form>
    </Dialog>
  );
}
