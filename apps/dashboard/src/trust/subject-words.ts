// Whom a subject of GitHub's or Vercel's tokens means, in words.

/** `jobs of acme/shop on GitHub, in the environment production`; null: the subject has another form. */
export function githubInWords(subject: string): string | null {
  const [, owner, repository, which] = /^repo:([^:/]+)\/([^:/]+):(.+)$/.exec(subject) ?? [];
  if (owner === undefined || repository === undefined || which === undefined) return null;
  const where =
    repository === '*' ? `every repository of ${named(owner)}` : `${named(owner)}/${named(repository)}`;
  const jobs = `jobs of ${where} on GitHub`;
  if (which === 'pull_request') return `${jobs}, for pull requests`;
  const [, kind, name] = /^(environment:|ref:refs\/heads\/|ref:refs\/tags\/)(.+)$/.exec(which) ?? [];
  if (kind === undefined || name === undefined) return null;
  if (kind === 'environment:') return `${jobs}, in ${oneOrEvery('environment', name)}`;
  return `${jobs}, on ${oneOrEvery(kind.includes('heads') ? 'branch' : 'tag', name)}`;
}

/** Likewise of Vercel. */
export function vercelInWords(subject: string): string | null {
  const [, team, project, environment] =
    /^owner:([^:/]+):project:([^:/]+):environment:([^:/]+)$/.exec(subject) ?? [];
  if (team === undefined || project === undefined || environment === undefined) return null;
  const what = project === '*' ? `every project of ${team}` : `${team}/${project}`;
  return `functions and builds of ${what} on Vercel, in ${oneOrEvery('environment', environment)}`;
}

/** GitHub's names may have the id behind them, which nobody reads. */
function named(part: string): string {
  return part.replace(/@\d+$/, '');
}

function oneOrEvery(kind: string, name: string): string {
  return name === '*' ? `every ${kind}` : `the ${kind} ${name}`;
}
