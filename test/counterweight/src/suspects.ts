// Which statements of a server's log ask for a server connection of their own, by the rules that the pooler itself uses.
import { loadSqlParser, parsedBits, type SessionEffects, sessionEffects, suspicionOf } from '@weir/sql';

const logged = /LOG: {2}(?:statement|execute [^:]*): (.*(?:\n\t.*)*)/g;

/** Statements in a log written with `log_statement=all`, each once, with the reason; the oldest first. */
export async function suspectsIn(log: string): Promise<string[]> {
  await loadSqlParser();
  const found = new Map<string, string>();
  for (const [, text = ''] of log.matchAll(logged)) {
    const statement = text.replaceAll('\n\t', '\n');
    const bytes = new TextEncoder().encode(statement);
    if ((suspicionOf(bytes, 0, bytes.length) & parsedBits) === 0) continue;
    const effects = sessionEffects(statement);
    const reason = effects === null ? 'not parsed' : (effects.unreplayable ?? resetOf(effects));
    if (reason !== null) found.set(statement.replaceAll(/\s+/g, ' ').slice(0, 400), reason);
  }
  return [...found].map(([statement, reason]) => `${reason}: ${statement}`);
}

/** What is put back to the startup's value may need a server that was opened with it. */
function resetOf(effects: SessionEffects): string | null {
  return effects.resetAll === 'no' && effects.resets.length === 0 ? null : 'startup-values';
}
