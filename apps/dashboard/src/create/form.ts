// The forms that make a tenant or an endpoint as values: what was typed, the request it means, and what is wrong with it field by field.
import {
  type CreateEndpointInput,
  type CreateTenantInput,
  createEndpointBodySchema,
  createTenantBodySchema,
  type EndpointReply,
  type UpstreamInput,
  type UpstreamProbeReply,
  type UpstreamReply,
  upstreamInputSchema,
} from '@weir/api-contract';
import { computeSizing, gibibyte, type Sizing } from '@weir/tenancy';
import type { FieldFault } from '../api/problem.ts';
import { readRamGb } from '../sizing/sizing-form.ts';

/** Everything as typed; numbers are texts until they are read. The name is only a tenant's. */
export interface CreateForm {
  readonly name: string;
  readonly host: string;
  readonly port: string;
  readonly database: string;
  readonly user: string;
  readonly password: string;
  readonly tlsMode: UpstreamReply['tlsMode'];
  readonly caPem: string;
  readonly ramGb: string;
  readonly kind: EndpointReply['kind'];
}

export type FormField = keyof CreateForm;

export const emptyForm: CreateForm = {
  name: '',
  host: '',
  port: '5432',
  database: 'postgres',
  user: '',
  password: '',
  tlsMode: 'require',
  caPem: '',
  ramGb: '4',
  kind: 'read_write',
};

/** Where the API's name of a field belongs in the form, and what people call it. In the order of the form. */
const fields: Readonly<Record<FormField, { readonly path: string; readonly label: string }>> = {
  name: { path: 'name', label: 'Name' },
  host: { path: 'upstream.host', label: 'Host' },
  port: { path: 'upstream.port', label: 'Port' },
  database: { path: 'upstream.database', label: 'Database' },
  tlsMode: { path: 'upstream.tlsMode', label: 'TLS mode' },
  caPem: { path: 'upstream.caPem', label: 'CA certificate' },
  user: { path: 'upstream.user', label: 'User' },
  password: { path: 'upstream.password', label: 'Password' },
  kind: { path: 'kind', label: 'Kind' },
  ramGb: { path: 'computeRamGb', label: 'Memory' },
};

export const formFields = Object.keys(fields) as readonly FormField[];

/** Whether a TLS mode looks at who signed the server's certificate. */
export function verifiesCertificate(tlsMode: CreateForm['tlsMode']): boolean {
  return tlsMode === 'verify-ca' || tlsMode === 'verify-full';
}

/** The request that makes a tenant; nothing is checked here. */
export function tenantBodyOf(form: CreateForm): CreateTenantInput {
  return { name: form.name, ...endpointBodyOf(form) };
}

/** The request that makes an endpoint; nothing is checked here. */
export function endpointBodyOf(form: CreateForm): CreateEndpointInput {
  const caPem = form.caPem.trim();
  return {
    kind: form.kind,
    upstream: {
      host: form.host.trim(),
      port: form.port.trim() === '' ? undefined : Number(form.port),
      database: form.database,
      user: form.user,
      password: form.password,
      tlsMode: form.tlsMode,
      ...(verifiesCertificate(form.tlsMode) && caPem !== '' ? { caPem } : {}),
    },
    computeRamGb: readRamGb(form.ramGb) ?? Number.NaN,
  };
}

/** The database a form names, once it could be tried out. */
export function upstreamOf(form: CreateForm): UpstreamInput | null {
  return upstreamInputSchema.safeParse(endpointBodyOf(form).upstream).data ?? null;
}

/** What the contract has against a tenant's form, before anything is sent. */
export function tenantFaultsOf(form: CreateForm): readonly FieldFault[] {
  return faultsIn(createTenantBodySchema.safeParse(tenantBodyOf(form)));
}

/** Likewise against an endpoint's. */
export function endpointFaultsOf(form: CreateForm): readonly FieldFault[] {
  return faultsIn(createEndpointBodySchema.safeParse(endpointBodyOf(form)));
}

type Checked = ReturnType<
  typeof createTenantBodySchema.safeParse | typeof createEndpointBodySchema.safeParse
>;

function faultsIn(checked: Checked): readonly FieldFault[] {
  if (checked.success) return [];
  return checked.error.issues.map((issue) => ({
    field: issue.path.join('.'),
    message: issue.code === 'invalid_type' ? 'must be a number' : issue.message,
  }));
}

/** One sentence for each field that has a fault; the first fault of a field is the one told. */
export function faultTexts(faults: readonly FieldFault[]): Partial<Record<FormField, string>> {
  const texts: Partial<Record<FormField, string>> = {};
  for (const { field, message } of faults) {
    const name = formFields.find(
      (one) => fields[one].path === field || (one === 'ramGb' && field === 'computeRamBytes'),
    );
    if (name === undefined || texts[name] !== undefined) continue;
    texts[name] = /^(must|is|has|cannot)\b/.test(message) ? `${fields[name].label} ${message}.` : message;
  }
  return texts;
}

/** Faults of fields that the form does not have; shown with the problem itself. */
export function otherFaults(faults: readonly FieldFault[]): readonly FieldFault[] {
  return faults.filter((fault) => Object.keys(faultTexts([fault])).length === 0);
}

/** The sizing that the memory as typed would give on a server, as far as that is known; null while it is no memory. */
export function sizingOf(
  form: CreateForm,
  server: Pick<UpstreamProbeReply, 'maxConnections' | 'reservedConnections'> | null,
): Sizing | null {
  const ramGb = readRamGb(form.ramGb);
  if (ramGb === null) return null;
  return computeSizing({
    ramBytes: Math.round(ramGb * gibibyte),
    maxConnections: server?.maxConnections ?? null,
    reservedConnections: server?.reservedConnections ?? null,
  });
}
