// The logger of every process: one JSON object a line on stdout, with secrets taken out. What is worth a line is decided elsewhere.
import { type DestinationStream, type Logger, pino } from 'pino';
import { redact, redactText } from './redact.ts';

export type { Logger } from 'pino';

export type LogLevel = 'trace' | 'debug' | 'info' | 'warn' | 'error' | 'fatal' | 'silent';

export interface LoggerOptions {
  /** Of the process, for instance `pooler`. */
  readonly name: string;
  readonly level?: LogLevel;
  /** Stdout unless told otherwise. */
  readonly destination?: DestinationStream;
}

// A reader of our stdout that stands still must cost log lines, not memory or the event loop.
const unwrittenBytesMax = 8 * 1024 * 1024;

export function createLogger(options: LoggerOptions): Logger {
  const destination =
    options.destination ?? pino.destination({ dest: 1, sync: false, maxLength: unwrittenBytesMax });
  return cleanChildren(
    pino(
      {
        name: options.name,
        level: options.level ?? 'info',
        timestamp: pino.stdTimeFunctions.isoTime,
        // Errors are plain by the time pino's own serializer would see them.
        serializers: { err: (error) => error },
        formatters: {
          level: (label) => ({ level: label }),
          log: (fields) => redact(fields) as Record<string, unknown>,
        },
        hooks: {
          // Before pino's own formatting, so that values put into a text by %s are seen as well.
          logMethod(args, method) {
            const [first, ...rest] = args as unknown[];
            const clean: unknown[] = rest.map((arg) => redact(arg));
            if (first instanceof Error)
              method.apply(this, [
                { err: first },
                ...(rest.length > 0 ? clean : [redactText(first.message)]),
              ] as never);
            else
              method.apply(this, [typeof first === 'string' ? redactText(first) : first, ...clean] as never);
          },
        },
      },
      destination,
    ),
  );
}

// Pino does not show a child's bindings to the formatters, so they are cleaned on their way in.
function cleanChildren(logger: Logger): Logger {
  const child = logger.child;
  logger.child = function (this: Logger, bindings: object, options?: object) {
    return child.call(this, redact(bindings) as never, options as never);
  } as typeof logger.child;
  return logger;
}
