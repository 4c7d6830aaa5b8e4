// One delivery of a webhook: a line that opens to what became of it and what is sent, with the way to send it again.
import type { DeliveryReply } from '@weir/api-contract';
import { useAction } from '../api/use-action.ts';
import { time } from '../format.ts';
import { CodeBlock } from '../parts/code-block.tsx';
import { Icon } from '../parts/icon.tsx';
import { ProblemNotice } from '../parts/problem-notice.tsx';
import { useSession } from '../session.tsx';
import { attemptsOf, outcomeOf, statusWords } from './delivery-words.ts';

const pills: Readonly<Record<DeliveryReply['status'], string>> = {
  pending: 'pill pill-warn',
  delivered: 'pill pill-good',
  failed: 'pill pill-bad',
};

export function DeliveryEntry({ delivery }: { delivery: DeliveryReply }) {
  const { api } = useSession();
  const { isBusy, problem, run } = useAction();
  const { id, webhookId, type, status, createdAt, finishedAt, body } = delivery;
  const outcome = outcomeOf(delivery);
  return (
    <li>
      <details className="entry">
        <summary>
          <Icon name="more" />
          <span className="entry-what delivery-what">
            <strong>{type}</strong> <span className={pills[status]}>{statusWords[status]}</span>{' '}
            <span className="soft numbers">{attemptsOf(delivery, Date.now())}</span>
          </span>
          <time className="numbers soft" dateTime={createdAt}>
            {time(createdAt)}
          </time>
        </summary>
        <div className="entry-body">
          <dl className="facts entry-facts">
            <dt>Delivery</dt>
            <dd className="mono">{id}</dd>
            <dt>About</dt>
            <dd className="mono">{body.targetId}</dd>
            <dt>Last attempt</dt>
            <dd>{outcome ?? 'none yet'}</dd>
            {finishedAt !== null && (
              <>
                <dt>{status === 'failed' ? 'Given up' : 'Done'}</dt>
                <dd className="numbers">{time(finishedAt)}</dd>
              </>
            )}
          </dl>
          <CodeBlock name="Body" text={JSON.stringify(body, null, 2)} what="body" wrapped />
          {problem !== null && <ProblemNotice problem={problem} />}
          <div>
            <button
              type="button"
              className="button button-small"
              aria-label={`Replay ${id}`}
              aria-disabled={isBusy}
              onClick={() => run(() => api.replayDelivery({ params: { webhookId, deliveryId: id } }))}
            >
              Replay
            </button>
          </div>
        </div>
      </details>
    </li>
  );
}
