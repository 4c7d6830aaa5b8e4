// Copies exactly the text it is given and says so, to the eye and to screen readers.
import { useEffect, useRef, useState } from 'react';
import { Icon } from './icon.tsx';

type Outcome = 'none' | 'copied' | 'failed';

/** `what` finishes the announcement: "pooled connection string copied". */
export function CopyButton({
  text,
  what,
  prominent = false,
}: {
  text: string;
  what: string;
  prominent?: boolean;
}) {
  const [outcome, setOutcome] = useState<Outcome>('none');
  const button = useRef<HTMLButtonElement>(null);

  useEffect(() => {
    if (outcome === 'none') return;
    const timer = setTimeout(() => setOutcome('none'), 2500);
    return () => clearTimeout(timer);
  }, [outcome]);

  const copy = async () => {
    setOutcome('none');
    setOutcome((await writeToClipboard(text, button.current)) ? 'copied' : 'failed');
  };

  return (
    <span className="copy">
      <button
        ref={button}
        type="button"
        className={prominent ? 'button button-primary button-small' : 'button button-small'}
        aria-label={`Copy ${what}`}
        onClick={copy}
      >
        <Icon name={outcome === 'copied' ? 'check' : 'copy'} />
        <span>{outcome === 'copied' ? 'Copied' : outcome === 'failed' ? 'Not copied' : 'Copy'}</span>
      </button>
      <span className="visually-hidden" role="status" aria-live="polite">
        {outcome === 'copied' && `${what} copied`}
        {outcome === 'failed' && `${what} could not be copied; select the text and copy it by hand`}
      </span>
    </span>
  );
}

async function writeToClipboard(text: string, near: HTMLElement | null): Promise<boolean> {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    // Over plain http on another host than localhost the browser has no clipboard object; the old way still works.
    return copyBySelection(text, near);
  }
}

function copyBySelection(text: string, near: HTMLElement | null): boolean {
  const area = document.createElement('textarea');
  area.value = text;
  area.className = 'visually-hidden';
  // Inside the same dialog, since a modal dialog lets nothing outside of it have the focus.
  (near?.parentElement ?? document.body).append(area);
  area.select();
  const copied = document.execCommand('copy');
  area.remove();
  near?.focus();
  return copied;
}
