// Which clients are installed on this machine; a missing one is a reason to skip, told by name.
import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { findProgram } from '@weir/local-servers';

// Debian's own: another Python on PATH does not see Debian's drivers.
const python = '/usr/bin/python3';
const jar = '/usr/share/java/postgresql.jar';

/** The Python that has the module, or the reason why it is not tried. */
export function pythonWith(module: string, debianPackage: string): { program: string } | { missing: string } {
  try {
    execFileSync(python, ['-c', `import ${module}`], { stdio: 'ignore' });
    return { program: python };
  } catch {
    return { missing: `${module} is not installed for ${python} (Debian: apt-get install ${debianPackage})` };
  }
}

/** Java with its compiler and the Postgres driver, or the reason why they are not tried. */
export function javaWithDriver(): { java: string; javac: string; jar: string } | { missing: string } {
  const java = findProgram(['java']);
  const javac = findProgram(['javac']);
  if (java !== null && javac !== null && existsSync(jar)) return { java, javac, jar };
  return {
    missing:
      'no JDK with the Postgres driver (Debian: apt-get install default-jdk-headless libpostgresql-jdbc-java)',
  };
}

/** psql, or the reason why it is not tried. */
export function installedPsql(): { program: string } | { missing: string } {
  const program = findProgram(['psql']);
  return program === null
    ? { missing: 'psql is not on PATH (Debian: apt-get install postgresql-client)' }
    : { program };
}
