// How a trust rule is used: its settings and the examples of an exchange, to copy.
import type { TrustRuleReply } from '@weir/api-contract';
import { useState } from 'react';
import { CodeBlock } from '../parts/code-block.tsx';
import { Dialog } from '../parts/dialog.tsx';
import { Tabs } from '../parts/tabs.tsx';
import { type Example, exchangeExamples, exchangeSettings } from './exchange-examples.ts';
import { presetOf } from './presets.ts';

interface ExchangeDialogProps {
  readonly rule: TrustRuleReply;
  readonly onClose: () => void;
}

/** Open for as long as it is drawn. */
export function ExchangeDialog({ rule, onClose }: ExchangeDialogProps) {
  const [exampleId, setExampleId] = useState<Example['id']>(presetOf(rule.issuer)?.id ?? 'call');
  const { id: trustRuleId, audience, subject } = rule;
  const of = { apiUrl: window.location.origin, trustRuleId, audience, subject };
  const examples = exchangeExamples(of);
  const example = examples.find(({ id }) => id === exampleId)!;
  return (
    <Dialog title="Use the trust rule" lead={<code>{trustRuleId}</code>} onClose={onClose}>
      <p className="purpose">
        The token is sent with the rule's id, which is no secret, and without an API key. The reply holds a
        user name, a password and the connection strings of <code>{rule.role}</code>, pooled and direct. A
        credential is best kept for as long as it opens, and not got anew for each request.
      </p>
      <CodeBlock
        name="Settings"
        text={exchangeSettings(of)}
        what="settings"
        testId="exchange-settings"
        wrapped
      />
      <Tabs label="Example" tabs={examples} chosen={exampleId} onChoose={setExampleId} look="chips">
        {example.files.map(({ name, text }) => (
          <CodeBlock
            key={name}
            name={name}
            text={text}
            what={`${example.title} example, ${name}`}
            testId="exchange-example"
            wrapped={exampleId === 'call'}
          />
        ))}
      </Tabs>
    </Dialog>
  );
}
