// The strings and snippets that the Connect dialog shows, made from an endpoint; no drawing.
import type { ConnectionStringsReply, EndpointReply } from '@weir/api-contract';
import { type EndpointStrings, endpointStrings, type Snippet, snippets } from '@weir/tenancy';

/** What a reader puts the password in place of. */
export const passwordPlaceholder = '[password]';

// Letters only, so that percent-encoding leaves it alone and it can be found again.
const standIn = 'WEIRPASSWORDGOESHERE';

/** Who connects to what. */
export interface Login {
  readonly role: string;
  readonly database: string;
}

function stringsOf(endpoint: EndpointReply, login: Login, password: string): EndpointStrings {
  const { hosts } = endpoint;
  const domain = hosts.direct.slice(endpoint.id.length + 1);
  return endpointStrings({ endpointId: endpoint.id, domain, port: hosts.port, ...login, password });
}

/** Strings of an endpoint, with `[password]` where the password belongs. */
export function stringsWithoutPassword(endpoint: EndpointReply, login: Login): EndpointStrings {
  const made = stringsOf(endpoint, login, standIn);
  const show = (text: string) => text.replace(standIn, passwordPlaceholder);
  return {
    pooled: show(made.pooled),
    direct: show(made.direct),
    pooledNoSni: show(made.pooledNoSni),
    directNoSni: show(made.directNoSni),
  };
}

/** The four strings, and whether they hold the password. */
export interface ShownStrings extends EndpointStrings {
  readonly hasPassword: boolean;
}

/** Strings with the password if `fresh`, the reply that made the endpoint, is of this role; else with the placeholder. */
export function stringsToShow(
  endpoint: EndpointReply,
  login: Login,
  fresh: ConnectionStringsReply | null,
): ShownStrings {
  if (!fresh?.passwordIncluded || fresh.role !== login.role) {
    return { ...stringsWithoutPassword(endpoint, login), hasPassword: false };
  }
  if (fresh.database === login.database) return { ...fresh, hasPassword: true };
  const password = decodeURIComponent(new URL(fresh.pooled).password);
  return { ...stringsOf(endpoint, login, password), hasPassword: true };
}

/** Which of an endpoint's hosts is asked for, and whether by its name or by `options`. */
export interface Choice {
  readonly pooled: boolean;
  readonly bySni: boolean;
}

/** The one string that a choice means. */
export function stringOf(strings: EndpointStrings, { pooled, bySni }: Choice): string {
  if (pooled) return bySni ? strings.pooled : strings.pooledNoSni;
  return bySni ? strings.direct : strings.directNoSni;
}

/** The snippets for a choice; those that name one string name that of the chosen side. */
export function snippetsOf(
  strings: EndpointStrings,
  choice: Choice,
  kind: EndpointReply['kind'] = 'read_write',
): readonly Snippet[] {
  // Some encode the password in their own way, which must leave the placeholder readable.
  const encodable = (pooled: boolean) =>
    stringOf(strings, { ...choice, pooled }).replace(passwordPlaceholder, standIn);
  const side = choice.pooled ? 'pooled' : 'direct';
  return snippets({ pooled: encodable(true), direct: encodable(false), side, kind }).map((snippet) => ({
    ...snippet,
    text: snippet.text.replaceAll(standIn, passwordPlaceholder),
  }));
}
