// Rotating a secret: for how long the one before holds beside it. What is made is shown by whoever drew the dialog.
import { useState } from 'react';
import { useCreation } from '../api/use-creation.ts';
import { DurationField } from './duration-field.tsx';
import { FormDialog } from './form-dialog.tsx';

const overlaps = [
  { seconds: 0, label: 'not at all, as after a leak' },
  { seconds: 900, label: 'for 15 minutes' },
  { seconds: 3600, label: 'for an hour' },
  { seconds: 86_400, label: 'for a day' },
  { seconds: 604_800, label: 'for a week' },
] as const;

interface RotateDialogProps<Made> {
  readonly title: string;
  readonly lead: string;
  /** `password`, `secret` */
  readonly secret: string;
  /** What it does while it holds: `open`, `sign` */
  readonly does: string;
  /** The one from before the last rotation still holds. */
  readonly isOverlapping: boolean;
  readonly label: string;
  readonly hint: string;
  /** What is chosen at first. */
  readonly usualSeconds: (typeof overlaps)[number]['seconds'];
  readonly rotate: (body: { overlapSeconds: number }, idempotencyKey: string) => Promise<Made>;
  readonly onRotated: (made: Made) => void;
  readonly onClose: () => void;
}

/** Open for as long as it is drawn. */
export function RotateDialog<Made>(props: RotateDialogProps<Made>) {
  const { title, lead, secret, does, isOverlapping, label, hint, usualSeconds } = props;
  const { rotate, onRotated, onClose } = props;
  const [overlapSeconds, setOverlapSeconds] = useState<number>(usualSeconds);
  const { isBusy, problem, create, revise } = useCreation();

  const submit = async () => {
    const made = await create((idempotencyKey) => rotate({ overlapSeconds }, idempotencyKey));
    if (made !== null) onRotated(made);
  };

  return (
    <FormDialog
      title={title}
      lead={lead}
      sum={
        isOverlapping && (
          <p className="purpose">
            An overlap is under way: the {secret} from before it stops to {does}, the present one goes on.
          </p>
        )
      }
      problem={problem}
      submitLabel={`Rotate ${secret}`}
      isBusy={isBusy}
      onSubmit={submit}
      onClose={onClose}
    >
      <DurationField
        label={label}
        hint={hint}
        choices={overlaps}
        seconds={overlapSeconds}
        onChange={(seconds) => {
          setOverlapSeconds(seconds);
          revise();
        }}
      />
    </FormDialog>
  );
}
