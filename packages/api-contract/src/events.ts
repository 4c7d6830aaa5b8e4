// Server-sent events as their reader needs them: what arrives in pieces becomes the data of whole events.

/** Media type of server-sent events. */
export const eventsContentType = 'text/event-stream';

/** Takes text as it comes and gives the `data` of each event that it completes. Comments and other fields are passed over. */
export function createEventReader(): (text: string) => string[] {
  let rest = '';
  return (text) => {
    const events = (rest + text).replaceAll('\r\n', '\n').split('\n\n');
    rest = events.pop()!;
    return events.flatMap((event) => {
      const lines = event.split('\n').filter((line) => line.startsWith('data:'));
      return lines.length === 0 ? [] : [lines.map((line) => line.slice(5).replace(/^ /, '')).join('\n')];
    });
  };
}
