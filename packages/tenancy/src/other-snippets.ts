// Snippets for shells, settings files and languages other than JavaScript.
import { percentEncode } from './connection-string.ts';
import type { Snippet, SnippetFacts } from './snippets.ts';

/** In the order of their kinds, not of display. */
export function otherSnippets(facts: SnippetFacts): readonly Snippet[] {
  const { pooled, direct, url, variable } = facts;
  const both = `DATABASE_URL="${pooled}"\nDIRECT_URL="${direct}"\n`;
  return [
    // Nothing in a string ends the quotes, see connectionString.
    { id: 'psql', title: 'psql', file: null, language: 'sh', text: `psql '${url}'\n` },
    { id: 'env', title: '.env', file: '.env', language: 'dotenv', text: both },
    {
      id: 'vercel',
      title: 'Vercel',
      file: '.env',
      language: 'dotenv',
      text: `${both}DATABASE_URL_UNPOOLED="${direct}"\n`,
    },
    {
      id: 'sqlalchemy',
      title: 'SQLAlchemy',
      file: 'db.py',
      language: 'python',
      // libpq reads the string: SQLAlchemy's own reading does not undo escapes in the database's name.
      text: `import os

import psycopg
from sqlalchemy import create_engine

engine = create_engine(
    "postgresql+psycopg://",
    creator=lambda: psycopg.connect(os.environ["${variable}"]),
)
`,
    },
    {
      id: 'go',
      title: 'Go (pgx)',
      file: 'main.go',
      language: 'go',
      text: `package main

import (
	"context"
	"fmt"
	"os"

	"github.com/jackc/pgx/v5/pgxpool"
)

func main() {
	ctx := context.Background()
	pool, err := pgxpool.New(ctx, os.Getenv("${variable}"))
	if err != nil {
		panic(err)
	}
	defer pool.Close()

	var answer int
	if err := pool.QueryRow(ctx, "select $1::int", 42).Scan(&answer); err != nil {
		panic(err)
	}
	fmt.Println(answer)
}
`,
    },
    {
      id: 'jdbc',
      title: 'JDBC',
      file: 'Database.java',
      language: 'java',
      text: `import java.sql.DriverManager;

public class Database {
  static final String URL =
      "${jdbcUrl(facts)}";

  public static void main(String[] args) throws Exception {
    try (var connection = DriverManager.getConnection(URL);
        var statement = connection.prepareStatement("select ?::int")) {
      statement.setInt(1, 42);
      try (var rows = statement.executeQuery()) {
        rows.next();
        System.out.println(rows.getInt(1));
      }
    }
  }
}
`,
    },
    {
      id: 'rails',
      title: 'Rails',
      file: 'config/database.yml',
      language: 'yaml',
      text: `production:
  adapter: postgresql
  encoding: unicode
  url: <%= ENV["${variable}"] %>

# Migrations go over the direct string:
#   DATABASE_URL="$DIRECT_URL" bin/rails db:migrate
`,
    },
  ];
}

/** The driver wants role and password as parameters, and takes a plus in any part for a blank. */
function jdbcUrl({ parts: { role, password, host, port, database, params } }: SnippetFacts): string {
  const login = { user: role, ...(password != null && { password }) };
  const query = Object.entries({ ...login, ...params })
    .map(([name, value]) => `${percentEncode(name)}=${percentEncode(value)}`)
    .join('&');
  const authority = `${host.includes(':') ? `[${host}]` : host}:${port}`;
  return `jdbc:postgresql://${authority}/${percentEncode(database)}?${query}`;
}
