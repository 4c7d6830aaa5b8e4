// Issuers whose tokens have a known form: what people know of them, and the issuer, audience and subject that this means.
import { githubInWords, vercelInWords } from './subject-words.ts';

/** What a token must say. */
export interface Terms {
  readonly issuer: string;
  readonly audience: string;
  readonly subject: string;
}

/** One thing that people know: `Project`. With `choices` it is one of them. */
export interface PresetPart {
  readonly id: string;
  readonly label: string;
  readonly hint?: string;
  readonly placeholder?: string;
  readonly choices?: Readonly<Record<string, string>>;
  /** Whether it is asked for, by what is known of the others; always, if left out. */
  readonly isAsked?: (parts: PresetParts) => boolean;
}

/** As typed or chosen, by the part's id. */
export type PresetParts = Readonly<Record<string, string>>;

export interface Preset {
  readonly id: 'vercel' | 'github';
  readonly title: string;
  /** What its tokens say of who has them. */
  readonly explains: string;
  readonly parts: readonly PresetPart[];
  readonly start: PresetParts;
  readonly isIssuer: (issuer: string) => boolean;
  /** Whom a subject of its tokens means, in words; null: it has another form. */
  readonly inWords: (subject: string) => string | null;
  /** Each of the three is empty while something that it takes is not known. */
  readonly termsOf: (parts: PresetParts) => Terms;
}

const everyOne = '*';

const vercel: Preset = {
  id: 'vercel',
  title: 'Vercel',
  explains:
    "A function says which team, project and environment it runs in. For a team whose issuer mode is Team, in the project's settings under Security.",
  parts: [
    { id: 'team', label: 'Team', placeholder: 'acme', hint: 'Its slug, as in vercel.com/acme.' },
    { id: 'project', label: 'Project', placeholder: 'shop', hint: 'Its name. A * is every project.' },
    {
      id: 'environment',
      label: 'Environment',
      choices: {
        production: 'production',
        preview: 'preview',
        development: 'development',
        [everyOne]: 'every environment',
      },
    },
  ],
  start: { team: '', project: '', environment: 'production' },
  isIssuer: (issuer) => /^https:\/\/oidc\.vercel\.com(\/|$)/.test(issuer),
  inWords: vercelInWords,
  termsOf({ team = '', project = '', environment = '' }) {
    const isWhole = team !== '' && project !== '' && environment !== '';
    return {
      issuer: team === '' ? '' : `https://oidc.vercel.com/${team}`,
      audience: team === '' ? '' : `https://vercel.com/${team}`,
      subject: isWhole ? `owner:${team}:project:${project}:environment:${environment}` : '',
    };
  },
};

const isNamed = ({ runs }: PresetParts) => runs !== 'pull_request';

const githubIssuer = 'https://token.actions.githubusercontent.com';

const github: Preset = {
  id: 'github',
  title: 'GitHub Actions',
  explains:
    'A job says which repository it belongs to, and its environment, or without one its branch. Its workflow asks for a token with this audience.',
  parts: [
    {
      id: 'owner',
      label: 'Owner',
      placeholder: 'acme@123456',
      hint: 'With its id; without for a repository from before July 2026.',
    },
    {
      id: 'repository',
      label: 'Repository',
      placeholder: 'shop@456789',
      hint: 'Likewise. A * is every repository of the owner.',
    },
    {
      id: 'runs',
      label: 'Which jobs',
      choices: {
        environment: 'those of an environment',
        'ref:refs/heads': 'those of a branch, without environment',
        pull_request: 'those of pull requests, without environment',
      },
    },
    { id: 'name', label: 'Name of it', placeholder: 'production', isAsked: isNamed },
  ],
  start: { owner: '', repository: '', runs: 'environment', name: '' },
  isIssuer: (issuer) => issuer === githubIssuer,
  inWords: githubInWords,
  termsOf(parts) {
    const { owner = '', repository = '', runs = '', name = '' } = parts;
    const isWhole = owner !== '' && repository !== '' && (name !== '' || !isNamed(parts));
    // A branch stands behind a slash, an environment behind a colon.
    const which = isNamed(parts) ? `${runs}${runs.includes('/') ? '/' : ':'}${name}` : runs;
    return {
      issuer: githubIssuer,
      audience: 'weir',
      subject: isWhole ? `repo:${owner}/${repository}:${which}` : '',
    };
  },
};

export const presets: readonly Preset[] = [vercel, github];

/** `other`: an issuer without one. */
export type PresetId = Preset['id'] | 'other';

export function presetWith(id: PresetId): Preset | undefined {
  return presets.find((one) => one.id === id);
}

/** Spaces around what is typed are never meant. */
export function trimmed(parts: PresetParts): PresetParts {
  return Object.fromEntries(Object.entries(parts).map(([id, text]) => [id, text.trim()]));
}

/** The preset that an issuer belongs to; null: none. */
export function presetOf(issuer: string): Preset | null {
  return presets.find(({ isIssuer }) => isIssuer(issuer)) ?? null;
}

/** Whom a rule trusts, in words; null: its tokens have no form that is known here. */
export function trustedInWords({ issuer, subject }: Pick<Terms, 'issuer' | 'subject'>): string | null {
  return presetOf(issuer)?.inWords(subject) ?? null;
}
