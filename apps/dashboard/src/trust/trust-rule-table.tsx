// Trust rules as rows: whom each trusts, what it lends, and what may be done with it.
import type { TrustRuleReply } from '@weir/api-contract';
import { lifeText } from '../credentials/lives.ts';
import { counted } from '../format.ts';
import { trustedInWords } from './presets.ts';

export type RuleAct = 'use' | 'edit' | 'delete';

interface TrustRuleTableProps {
  readonly rules: readonly TrustRuleReply[];
  readonly acts: readonly RuleAct[];
  readonly onAct: (act: RuleAct, rule: TrustRuleReply) => void;
}

const labels: Readonly<Record<RuleAct, string>> = { use: 'Use it', edit: 'Edit', delete: 'Delete' };

export function TrustRuleTable({ rules, acts, onAct }: TrustRuleTableProps) {
  return (
    <table className="table listed trust-rules">
      <caption className="visually-hidden">{counted(rules.length, 'trust rule')}</caption>
      <thead>
        <tr>
          <th scope="col">Trusts</th>
          <th scope="col">Lends</th>
          <th scope="col">At most</th>
          <th scope="col">
            <span className="visually-hidden">Change</span>
          </th>
        </tr>
      </thead>
      <tbody>
        {rules.map((rule) => (
          <tr key={rule.id} className="row-apart">
            <td>
              <TrustedBy rule={rule} />
            </td>
            <td>
              <span className="mono">{rule.role}</span>
              <p className="soft fine">
                on <span className="mono">{rule.endpointId}</span>
              </p>
            </td>
            <td className="soft" data-label="For at most">
              {lifeText(rule.ttlSecondsMax)}
            </td>
            <td className="number">
              <div className="row-buttons">
                {acts.map((act) => (
                  <button
                    key={act}
                    type="button"
                    className="button button-small"
                    aria-label={`${labels[act]}: ${rule.id}`}
                    onClick={() => onAct(act, rule)}
                  >
                    {labels[act]}
                  </button>
                ))}
              </div>
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

function TrustedBy({ rule }: { rule: TrustRuleReply }) {
  const { id, issuer, subject, claims, description } = rule;
  const words = trustedInWords(rule);
  const besides = Object.entries(claims).map(([name, value]) => `${name}=${value}`);
  return (
    <>
      {words !== null && <strong className="trusted">{words}</strong>}
      <p className="mono">{subject}</p>
      {words === null && <p className="soft fine">of {issuer}</p>}
      {besides.length > 0 && <p className="soft fine">with {besides.join(', ')}</p>}
      {description !== '' && <p className="soft fine">{description}</p>}
      <p className="soft fine mono">{id}</p>
    </>
  );
}
