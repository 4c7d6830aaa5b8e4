// Making an API key: its name, what it may do and for how long; then the key itself, once.
import type { CreateApiKeyReply, Scope } from '@weir/api-contract';
import { scopes } from '@weir/api-contract';
import { useState } from 'react';
import { useCreation } from '../api/use-creation.ts';
import { Dialog } from '../parts/dialog.tsx';
import { DurationField } from '../parts/duration-field.tsx';
import { TextField } from '../parts/field.tsx';
import { ProblemNotice } from '../parts/problem-notice.tsx';
import { ShownOnce } from '../parts/shown-once.tsx';
import { useSession } from '../session.tsx';

const scopeWords: Readonly<Record<Scope, string>> = {
  read: 'See tenants, endpoints and what goes on in them.',
  write: 'Create, change and delete tenants and endpoints.',
  secrets: 'Get replies that hold passwords and keys.',
  admin: 'The organisation, its keys and its audit log.',
};

const daySeconds = 86_400;
const endless = 0;

const lives = [
  { seconds: 30 * daySeconds, label: '30 days' },
  { seconds: 90 * daySeconds, label: '90 days' },
  { seconds: 365 * daySeconds, label: 'a year' },
  { seconds: endless, label: 'for ever' },
] as const;

/** `onMade` hears of the key as it is made; the dialog stays open to show it. */
export function CreateKey({ onMade, onClose }: { onMade: () => void; onClose: () => void }) {
  const { api, me } = useSession();
  const [name, setName] = useState('');
  const [chosen, setChosen] = useState<readonly Scope[]>(['read']);
  const [lifeSeconds, setLifeSeconds] = useState(90 * daySeconds);
  const [made, setMade] = useState<CreateApiKeyReply | null>(null);
  const { isBusy, problem, create, revise, faultOf } = useCreation();

  const submit = async () => {
    const expiresAt =
      lifeSeconds === endless ? null : new Date(Date.now() + lifeSeconds * 1000).toISOString();
    const body = { name, scopes: [...chosen], expiresAt };
    const reply = await create((idempotencyKey) => api.createApiKey({ body, idempotencyKey }));
    if (reply === null) return;
    setMade(reply);
    onMade();
  };

  if (made !== null) {
    return (
      <ShownOnce
        title={made.apiKey.name}
        lead="The key is ready."
        secret="key"
        texts={[{ name: 'API key', text: made.secret, what: 'API key', testId: 'api-key', prominent: true }]}
        onClose={onClose}
      />
    );
  }
  return (
    <Dialog title="New API key" onClose={onClose}>
      <form
        className="dialog-form"
        noValidate
        onSubmit={(event) => {
          event.preventDefault();
          void submit();
        }}
      >
        <TextField
          label="Name"
          placeholder="What it is for"
          autoComplete="off"
          value={name}
          error={faultOf('name')}
          onChange={(event) => {
            setName(event.target.value);
            revise();
          }}
        />
        <fieldset className="checks">
          <legend className="field-label">What it may do</legend>
          {scopes.map((scope) => (
            <ScopeBox
              key={scope}
              scope={scope}
              isChosen={chosen.includes(scope)}
              isMine={me?.apiKey.scopes.includes(scope) ?? true}
              onChange={(isChosen) => {
                setChosen(scopes.filter((one) => (one === scope ? isChosen : chosen.includes(one))));
                revise();
              }}
            />
          ))}
          {faultOf('scopes') !== undefined && <p className="field-error">{faultOf('scopes')}</p>}
        </fieldset>
        <DurationField
          label="It is valid"
          choices={lives}
          seconds={lifeSeconds}
          onChange={(seconds) => {
            setLifeSeconds(seconds);
            revise();
          }}
        />
        {problem !== null && <ProblemNotice problem={problem} />}
        <div className="dialog-actions">
          <button type="button" className="button" onClick={onClose}>
            Cancel
          </button>
          <button type="submit" className="button button-primary" aria-disabled={isBusy}>
            {isBusy ? 'One moment…' : 'Create key'}
          </button>
        </div>
      </form>
    </Dialog>
  );
}

interface ScopeBoxProps {
  readonly scope: Scope;
  readonly isChosen: boolean;
  /** A key gives only what it has itself. */
  readonly isMine: boolean;
  readonly onChange: (isChosen: boolean) => void;
}

function ScopeBox({ scope, isChosen, isMine, onChange }: ScopeBoxProps) {
  return (
    <label className="check">
      <input
        type="checkbox"
        checked={isChosen}
        disabled={!isMine}
        onChange={(event) => onChange(event.target.checked)}
      />
      <span>
        {scope}
        <span className="field-hint">
          {isMine ? scopeWords[scope] : 'The key that you are signed in with does not have it.'}
        </span>
      </span>
    </label>
  );
}
