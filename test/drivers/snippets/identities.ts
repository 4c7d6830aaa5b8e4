// Who the snippets are made for: a role with plain names, and one whose names and password hold whatever is awkward somewhere.
import type { Subject } from '../subject.ts';
import type { Identity } from './project.ts';

const people = {
  // A database of their own too: drizzle-kit asks what became of tables that other tests have left.
  'plain names': { role: 'otter', password: 'otter-pw', database: 'pond' },
  // Quotes and escapes of URLs, shells, SQL, YAML, ERB, Java and template strings. Names have 63 bytes.
  'awkward names': {
    role: `o'r@le:"x" %41+<%=1%>`,
    // biome-ignore lint/suspicious/noTemplateCurlyInString: it must not be expanded anywhere.
    password: 'p@ss:w/o?r#d%25&=+ \'"`$HOME${x}\\n!*()[]{};,<>|~^ü€',
    database: `my db/1?a=b#c&d+e$HOME;"f"'g'\\h%41:i@j,ü`,
  },
};

export type PersonName = keyof typeof people;

/** The short form has the harder of the two; `pnpm test:drivers` asks for both. */
export const personNames = (Object.keys(people) as PersonName[]).filter(
  (name) => name === 'awkward names' || process.env.WEIR_TEST_DRIVERS === 'all',
);

const made = new Map<PersonName, Promise<void>>();

/** The role's strings as the dialog has them; role and database are made when first asked for. */
export async function identityOf(
  subject: Subject,
  name: PersonName,
  by: 'host' | 'options',
): Promise<Identity> {
  const { role, password, database } = people[name];
  if (!made.has(name)) made.set(name, subject.createOwner(role, password, database));
  await made.get(name);
  const options = { by, sslmode: 'require', role, password, database } as const;
  return { pooled: subject.url('pooled', options), direct: subject.url('direct', options), role, database };
}
