// Choosing which addresses clients of an endpoint may come from, and being warned of whom that locks out.
import type { EndpointReply } from '@weir/api-contract';
import { useEffect, useRef, useState } from 'react';
import { useEndpointChange } from '../api/use-endpoint-change.ts';
import { counted } from '../format.ts';
import { VerbatimField } from '../parts/field.tsx';
import { FormDialog } from '../parts/form-dialog.tsx';
import { Icon } from '../parts/icon.tsx';
import { isGrave } from './lock-out.ts';
import { LockOutNotice } from './lock-out-notice.tsx';
import { readRanges, textsOf, withText } from './ranges-form.ts';
import { useLockOut } from './use-lock-out.ts';

interface AddressesDialogProps {
  readonly endpoint: EndpointReply;
  readonly onChanged: (endpoint: EndpointReply) => void;
  readonly onClose: () => void;
}

/** Open for as long as it is drawn. */
export function AddressesDialog({ endpoint, onChanged, onClose }: AddressesDialogProps) {
  const inForce = endpoint.settings.allowedAddresses;
  const [texts, setTexts] = useState(() => textsOf(inForce));
  // What is still being typed is not called wrong.
  const [typedAt, setTypedAt] = useState<number | null>(null);
  const [isMeant, setMeant] = useState(false);
  const { isBusy, problem, clear, change } = useEndpointChange(endpoint, onChanged);
  const list = useRef<HTMLUListElement>(null);
  const addButton = useRef<HTMLButtonElement>(null);
  const { allowed, faults, fault } = readRanges(texts);
  const isWhole = fault === null && Object.keys(faults).length === 0;
  const isChanged = JSON.stringify(allowed) !== JSON.stringify(inForce);
  const tried = useLockOut(endpoint, isWhole && isChanged ? allowed : undefined);
  const lockOut = tried !== null && 'lockOut' in tried ? tried.lockOut : null;
  const mustBeMeant = lockOut !== null && isGrave(lockOut);
  const isReady = isWhole && isChanged && tried !== null && (!mustBeMeant || isMeant);

  const revise = (next: readonly string[]) => {
    setTexts(next);
    setMeant(false);
    clear();
  };
  // A new range is there to be filled in.
  const count = useRef(texts.length);
  useEffect(() => {
    if (texts.length > count.current)
      list.current?.querySelector<HTMLElement>('li:last-child input')?.focus();
    count.current = texts.length;
  }, [texts.length]);

  return (
    <FormDialog
      title="Allowed addresses"
      lead="A change holds for the next connection. Who is connected stays."
      sum={
        <>
          <section className="effects" aria-label="What this changes" aria-live="polite">
            <p>{isWhole ? saying(isChanged, allowed) : 'A range has to be corrected first.'}</p>
            {lockOut !== null && (
              <LockOutNotice
                lockOut={lockOut}
                onAdd={(address) => revise([...texts.filter(Boolean), address])}
              />
            )}
            {tried !== null && 'problem' in tried && (
              <p className="field-error">
                Whether somebody is locked out is not known: {tried.problem.title}.
              </p>
            )}
          </section>
          {mustBeMeant && (
            <label className="check">
              <input type="checkbox" checked={isMeant} onChange={(event) => setMeant(event.target.checked)} />
              <span>Lock them out all the same</span>
            </label>
          )}
        </>
      }
      problem={problem}
      submitLabel={isChanged ? 'Apply' : 'Nothing to apply'}
      isBusy={isBusy}
      isReady={isReady}
      onSubmit={() => {
        setTypedAt(null);
        if (isReady) void change({ settings: { allowedAddresses: allowed === null ? null : [...allowed] } });
      }}
      onClose={onClose}
    >
      <ul ref={list} className="ranges">
        {texts.map((text, index) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: a range is its place in the list.
          <li key={index} className="with-button">
            <VerbatimField
              label={`Range ${index + 1}`}
              placeholder="203.0.113.0/24"
              value={text}
              error={index === typedAt ? undefined : faults[index]}
              onBlur={() => setTypedAt(null)}
              onChange={(event) => {
                setTypedAt(index);
                revise(withText(texts, index, event.target.value));
              }}
            />
            <button
              type="button"
              className="button"
              aria-label={`Remove range ${index + 1}`}
              onClick={() => {
                revise(texts.filter((_, place) => place !== index));
                addButton.current?.focus();
              }}
            >
              <Icon name="close" />
            </button>
          </li>
        ))}
      </ul>
      <div>
        <button ref={addButton} type="button" className="button" onClick={() => revise([...texts, ''])}>
          <Icon name="plus" />
          Add a range
        </button>
        {fault !== null && <p className="field-error">{fault}</p>}
      </div>
    </FormDialog>
  );
}

function saying(isChanged: boolean, allowed: readonly string[] | null): string {
  if (!isChanged)
    return 'Nothing is changed yet. Whom a change would lock out is said here before you make it.';
  if (allowed === null) return 'Clients may come from everywhere.';
  return `Clients may come from ${counted(allowed.length, 'range')}. Others are refused before their password is looked at.`;
}
