// A trust rule as a form has it, what the contract has against it field by field, and the body it makes.
import { createTrustRuleBodySchema, type RequestPartInput, type TrustRuleReply } from '@weir/api-contract';
import { formFaults } from '../api/form-faults.ts';
import type { Terms } from './presets.ts';

type CreateBody = RequestPartInput<'createTrustRule', 'body'>;
type ChangeBody = RequestPartInput<'changeTrustRule', 'body'>;

/** Everything as typed. `claims`: one a line, with `=` between name and value. */
export interface RuleForm extends Terms {
  readonly endpointId: string;
  readonly role: string;
  readonly description: string;
  readonly claims: string;
  readonly ttlSecondsMax: number;
}

export type RuleField = keyof RuleForm;

/** A rule as it is typed; of an endpoint alone where there is none yet. */
export function ruleFormOf(rule: TrustRuleReply | null, endpointId: string): RuleForm {
  const { issuer = '', audience = '', subject = '', description = '', claims = {} } = rule ?? {};
  return {
    endpointId: rule?.endpointId ?? endpointId,
    role: rule?.role ?? '',
    ...{ issuer, audience, subject, description },
    claims: Object.entries(claims)
      .map(([name, value]) => `${name}=${value}`)
      .join('\n'),
    ttlSecondsMax: rule?.ttlSecondsMax ?? 900,
  };
}

const names: Readonly<Record<RuleField, string>> = {
  endpointId: 'The endpoint',
  role: 'The role',
  issuer: 'The issuer',
  audience: 'The audience',
  subject: 'The subject',
  claims: 'Claims',
  description: 'The description',
  ttlSecondsMax: 'The time',
};

export interface RuleReading {
  readonly body: CreateBody;
  /** One sentence for each field that is wrong. */
  readonly faults: Readonly<Partial<Record<RuleField, string>>>;
}

/** What a form means. */
export function readRule(form: RuleForm): RuleReading {
  const { claims, oddLine } = claimsIn(form.claims);
  const body = {
    endpointId: form.endpointId,
    role: form.role,
    issuer: form.issuer.trim(),
    audience: form.audience.trim(),
    subject: form.subject.trim(),
    description: form.description.trim(),
    claims,
    ttlSecondsMax: form.ttlSecondsMax,
  };
  const faults = formFaults(createTrustRuleBodySchema.safeParse(body), names);
  if (oddLine !== null) faults.claims = `"${oddLine}" is not name=value.`;
  return { body, faults };
}

/** Of a body what may be changed of a rule that is there. */
export function changeOf({ endpointId: _, role: __, ...change }: CreateBody): ChangeBody {
  return change;
}

function claimsIn(text: string): { claims: Record<string, string>; oddLine: string | null } {
  const claims: Record<string, string> = {};
  let oddLine: string | null = null;
  for (const line of text.split('\n').map((one) => one.trim())) {
    if (line === '') continue;
    const at = line.indexOf('=');
    if (at < 1) oddLine ??= line;
    else claims[line.slice(0, at).trim()] = line.slice(at + 1).trim();
  }
  return { claims, oddLine };
}
