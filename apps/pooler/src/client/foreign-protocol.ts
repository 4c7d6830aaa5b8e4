// Recognises programs that speak something else to a Postgres port, by the first four bytes, and answers HTTP in HTTP.

const httpMethods = ['GET ', 'HEAD', 'POST', 'PUT ', 'DELE', 'OPTI', 'PATC', 'CONN', 'TRAC', 'PRI '];

/** What the first four bytes, read as a length, say of the sender; null: not known. */
export function foreignProtocol(length: number): string | null {
  const text = String.fromCharCode(
    length >>> 24,
    (length >>> 16) & 0xff,
    (length >>> 8) & 0xff,
    length & 0xff,
  );
  if (httpMethods.includes(text)) return 'an HTTP request';
  if (text.startsWith('SSH-')) return 'an SSH greeting';
  if (/^[*$][0-9]/.test(text)) return 'a Redis command';
  if (text === 'PROX' || text === '\r\n\r\n') return 'a PROXY protocol header';
  // MySQL's packets begin with a little-endian length and a sequence number, 1 for a client's first.
  if (length >>> 24 !== 0 && (length & 0xffff) === 1) return 'a MySQL handshake';
  return null;
}

const body = 'This port speaks the Postgres protocol, not HTTP. Connect with a Postgres client.\n';
const reply = `HTTP/1.1 400 Bad Request\r\nContent-Type: text/plain\r\nContent-Length: ${body.length}\r\nConnection: close\r\n\r\n${body}`;

/** A whole answer that a browser or curl shows. */
export const httpRefusal: Uint8Array = new TextEncoder().encode(reply);
