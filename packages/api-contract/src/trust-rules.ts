// Schemas of trust rules, and of the exchange of a token for a credential.
import { isTrustRuleId, subjectPatternFault } from '@weir/tenancy';
import { z } from 'zod';
import { createCredentialBodySchema } from './credentials.ts';
import {
  endpointIdSchema,
  pageOf,
  plainText,
  postgresNameSchema,
  tenantIdSchema,
  tenantParamsSchema,
  timeSchema,
} from './identity.ts';

export const trustRuleIdSchema = z
  .string()
  .refine(isTrustRuleId, 'is not the id of a trust rule (tr_ and 20 letters or digits)')
  .describe('Id of a trust rule: tr_ and 20 base36 characters');

export const trustRuleParamsSchema = tenantParamsSchema.extend({ trustRuleId: trustRuleIdSchema });

// Without user, query and fragment, as OpenID Connect Discovery wants it; a path may tell issuers of one host apart.
const issuerPattern =
  /^https?:\/\/(?:\[[0-9a-f:.]+\]|[a-z0-9._-]{1,253})(?::\d{1,5})?(?:\/[\x21\x22\x24-\x3e\x40-\x7e]*)?$/i;

const issuerSchema = z
  .url('must be a URL')
  .max(500, 'must be at most 500 characters')
  .regex(issuerPattern, 'must be an https:// URL without user, query and fragment')
  .describe(
    'Who signs the tokens, exactly as their "iss" says; its keys are found by /.well-known/openid-configuration. http:// only on loopback, where the operator allows that',
  );

const audienceSchema = plainText(
  z.string().min(1, 'must not be empty').max(500, 'must be at most 500 characters'),
).describe('One of the token\'s "aud"');

const subjectSchema = plainText(z.string())
  .superRefine((pattern, context) => {
    const message = subjectPatternFault(pattern);
    if (message !== null) context.addIssue({ code: 'custom', message });
  })
  .describe(
    'The token\'s "sub". A * alone between ":" or "/" stands for one or more other characters; not in the first two parts',
  );

/** They have fields or rules of their own. */
const checkedAnyway = ['iss', 'aud', 'sub', 'exp', 'nbf', 'iat'];

const claimsSchema = z
  .record(
    z.string().regex(/^[A-Za-z][\w.:/-]{0,199}$/, 'is not the name of a claim'),
    plainText(z.string().max(500, 'must be at most 500 characters')),
  )
  .refine((claims) => Object.keys(claims).length <= 20, 'must name at most 20 claims')
  .refine(
    (claims) => !checkedAnyway.some((name) => Object.hasOwn(claims, name)),
    `must not name ${checkedAnyway.join(', ')}, which are checked anyway`,
  )
  .describe('Claims that the token must also have, with exactly these values');

const descriptionSchema = plainText(z.string().max(500, 'must be at most 500 characters'));

const ttlSecondsMaxSchema = createCredentialBodySchema.shape.ttlSeconds
  .unwrap()
  .describe('For how long credentials of this rule live at most');

export const trustRuleSchema = z
  .object({
    id: trustRuleIdSchema,
    tenantId: tenantIdSchema,
    endpointId: endpointIdSchema,
    role: z.string().describe('Who the database takes the sessions for'),
    description: z.string(),
    issuer: z.string(),
    audience: z.string(),
    subject: z.string(),
    claims: z.record(z.string(), z.string()),
    ttlSecondsMax: z.number().int(),
    generation: z.number().int().describe('Rises with each change'),
    createdAt: timeSchema,
    updatedAt: timeSchema,
  })
  .meta({ id: 'TrustRule' });

export const trustRulePageSchema = pageOf(trustRuleSchema).meta({ id: 'TrustRulePage' });

export const createTrustRuleBodySchema = z
  .strictObject({
    endpointId: endpointIdSchema,
    role: postgresNameSchema.describe('A role of the endpoint whose password is kept'),
    description: descriptionSchema.default(''),
    issuer: issuerSchema,
    audience: audienceSchema,
    subject: subjectSchema,
    claims: claimsSchema.default({}),
    ttlSecondsMax: ttlSecondsMaxSchema.default(900),
  })
  .meta({ id: 'CreateTrustRuleBody' });

export const changeTrustRuleBodySchema = z
  .strictObject({
    description: descriptionSchema.optional(),
    issuer: issuerSchema.optional(),
    audience: audienceSchema.optional(),
    subject: subjectSchema.optional(),
    claims: claimsSchema.optional(),
    ttlSecondsMax: ttlSecondsMaxSchema.optional(),
  })
  .meta({ id: 'ChangeTrustRuleBody' });

export const exchangeTokenBodySchema = z
  .strictObject({
    trustRuleId: trustRuleIdSchema,
    token: z
      .string()
      // GitHub's and Vercel's have less than 2 kB; more is a mistake.
      .max(16_384, 'must be at most 16384 characters')
      .describe("The issuer's OIDC token, a signed JWT. It may be exchanged again until it expires"),
    ttlSeconds: ttlSecondsMaxSchema
      .optional()
      .describe('For how long logins are taken; left out: 900, or less if the rule has less'),
  })
  .meta({ id: 'ExchangeTokenBody' });

export type TrustRuleReply = z.output<typeof trustRuleSchema>;
export type CreateTrustRuleBody = z.output<typeof createTrustRuleBodySchema>;
export type ExchangeTokenBody = z.output<typeof exchangeTokenBodySchema>;
