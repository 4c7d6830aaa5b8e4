// How whoever has a token exchanges it by a rule: the call, and for the issuers with presets a program around it.

/** What an example is made for. */
export interface ExampleOf {
  readonly apiUrl: string;
  readonly trustRuleId: string;
  readonly audience: string;
  readonly subject: string;
}

/** A text, and where it belongs. */
export interface ExampleFile {
  readonly name: string;
  readonly text: string;
}

export interface Example {
  readonly id: 'call' | 'github' | 'vercel';
  readonly title: string;
  readonly files: readonly ExampleFile[];
}

/** What the two programs read from their surroundings, as lines of `NAME=value`. */
export function exchangeSettings({ apiUrl, trustRuleId }: ExampleOf): string {
  return `WEIR_API_URL=${apiUrl}\nWEIR_TRUST_RULE=${trustRuleId}`;
}

/** The programs are those of docs/oidc.md, which are run by a test. */
export function exchangeExamples(of: ExampleOf): readonly Example[] {
  return [
    { id: 'call', title: 'curl', files: [{ name: 'Terminal', text: callOf(of) }] },
    {
      id: 'github',
      title: 'GitHub Actions',
      files: [{ name: '.github/workflows/*.yml', text: githubOf(of) }],
    },
    {
      id: 'vercel',
      title: 'Vercel',
      files: [
        { name: 'lib/weir-pool.mjs', text: vercelPool },
        { name: 'A function', text: vercelFunction },
      ],
    },
  ];
}

function callOf({ apiUrl, trustRuleId }: ExampleOf): string {
  return `curl -sS --fail-with-body -H 'Content-Type: application/json' \\
  --data '{"trustRuleId": "${trustRuleId}", "token": "'"$TOKEN"'"}' \\
  ${apiUrl}/v1/credentials/exchange`;
}

function githubOf({ audience, subject }: ExampleOf): string {
  const [, environment] = /:environment:([^:/]+)$/.exec(subject) ?? [];
  // Where every one will do, an example needs one all the same.
  const line =
    environment === undefined ? '' : `    environment: ${environment === '*' ? 'production' : environment}\n`;
  return `permissions:
  id-token: write
  contents: read
jobs:
  migrate:
    runs-on: ubuntu-latest
${line}    env:
      WEIR_API_URL: \${{ vars.WEIR_API_URL }}
      WEIR_TRUST_RULE: \${{ vars.WEIR_TRUST_RULE }}
    steps:
      - uses: actions/checkout@v4
      - name: Get a credential
        run: |
          token=$(curl -sSf -H "Authorization: bearer $ACTIONS_ID_TOKEN_REQUEST_TOKEN" \\
            "$ACTIONS_ID_TOKEN_REQUEST_URL&audience=${encodeURIComponent(audience)}" | jq -er .value)
          lent=$(jq -n --arg rule "$WEIR_TRUST_RULE" --arg token "$token" '{trustRuleId: $rule, token: $token}' |
            curl -sS --fail-with-body -H 'Content-Type: application/json' --data @- \\
              "$WEIR_API_URL/v1/credentials/exchange")
          echo "::add-mask::$(jq -r .password <<<"$lent")"
          echo "DATABASE_URL=$(jq -r .connectionStrings.direct <<<"$lent")" >> "$GITHUB_ENV"
      - run: npx drizzle-kit migrate
`;
}

const vercelPool = `import pg from 'pg';

let current;

/** A pool whose credential opens new connections for at least a minute more. */
export function poolFor(token) {
  // One exchange for all requests of a warm instance, and for all that come while it is under way.
  if (current === undefined || current.goodUntil < Date.now()) {
    const before = current;
    const opened = open(token);
    current = { goodUntil: Number.POSITIVE_INFINITY, pool: opened.then(({ pool }) => pool) };
    opened.then(
      // Sessions outlive their credential, so what is in hand ends in peace.
      ({ goodUntil }) => {
        current.goodUntil = goodUntil;
        before?.pool.then((pool) => pool.end(), () => {});
      },
      () => {
        current = before;
      },
    );
  }
  return current.pool;
}

async function open(token) {
  const reply = await fetch(\`\${process.env.WEIR_API_URL}/v1/credentials/exchange\`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ trustRuleId: process.env.WEIR_TRUST_RULE, token }),
  });
  const lent = await reply.json();
  if (!reply.ok) throw new Error(\`\${lent.title}: \${lent.detail ?? JSON.stringify(lent.errors)}\`);
  const pool = new pg.Pool({ connectionString: lent.connectionStrings.pooled, max: 5 });
  pool.on('error', () => {});
  return { pool, goodUntil: Date.parse(lent.credential.expiresAt) - 60_000 };
}
`;

const vercelFunction = `import { poolFor } from '../lib/weir-pool.mjs';

export async function GET(request) {
  const pool = await poolFor(request.headers.get('x-vercel-oidc-token'));
  const { rows } = await pool.query('select count(*) from orders');
  return Response.json(rows[0]);
}
`;
