// The question before something is deleted that others use: its name has to be typed.
import { type ReactNode, useState } from 'react';
import { ConfirmDialog } from './confirm-dialog.tsx';
import { VerbatimField } from './field.tsx';

interface ConfirmByNameProps {
  /** `tenant`, `endpoint` */
  readonly what: string;
  readonly name: string;
  /** What deleting it does. */
  readonly children: ReactNode;
  /** Stays open if it rejects; closed by whoever drew it otherwise. */
  readonly remove: () => Promise<unknown>;
  readonly onClose: () => void;
}

/** Open for as long as it is drawn. */
export function ConfirmByName({ what, name, children, remove, onClose }: ConfirmByNameProps) {
  const [typed, setTyped] = useState('');
  const [isWrong, setWrong] = useState(false);
  return (
    <ConfirmDialog
      title={`Delete ${name}?`}
      confirm={`Delete ${what}`}
      danger
      act={async () => {
        if (typed.trim() === name) await remove();
        else setWrong(true);
      }}
      onClose={onClose}
    >
      {children}
      <VerbatimField
        label={`Type ${name} to confirm`}
        value={typed}
        error={isWrong ? `That is not this ${what}'s name.` : undefined}
        onChange={(event) => {
          setTyped(event.target.value);
          setWrong(false);
        }}
      />
    </ConfirmDialog>
  );
}
