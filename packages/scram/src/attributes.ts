// SCRAM's texts are lists of `x=value`; this reads them in the order the grammar demands.
import { malformed } from './scram-protocol-error.ts';

// Printable ASCII without the comma, as RFC 5802 has it.
const printable = /^[\x21-\x2b\x2d-\x7e]+$/;

/** Reads attributes from the front of a text; each method throws ScramProtocolError where the text is otherwise. */
export class AttributeReader {
  #rest: string | null;

  constructor(text: string) {
    this.#rest = text;
  }

  /** True once every attribute was read. */
  get done(): boolean {
    return this.#rest === null;
  }

  /** The value of the next attribute, which must be called `name`. */
  read(name: string): string {
    const { name: found, value } = this.readAny();
    if (found !== name) throw malformed(`expected attribute "${name}" but found "${shown(found)}"`);
    return value;
  }

  /** The next attribute, whatever it is. */
  readAny(): { name: string; value: string } {
    if (this.#rest === null) throw malformed('attribute expected, but the message ended');
    const comma = this.#rest.indexOf(',');
    const attribute = comma === -1 ? this.#rest : this.#rest.slice(0, comma);
    this.#rest = comma === -1 ? null : this.#rest.slice(comma + 1);
    const name = attribute.charAt(0);
    if (!/^[A-Za-z]$/.test(name)) throw malformed(`attribute expected, but found "${shown(name)}"`);
    if (attribute.charAt(1) !== '=') throw malformed(`expected "=" after attribute "${name}"`);
    return { name, value: attribute.slice(2) };
  }

  /** A nonce, which is printable and not empty. */
  readNonce(): string {
    const nonce = this.read('r');
    if (!printable.test(nonce)) throw malformed('non-printable characters in SCRAM nonce');
    return nonce;
  }
}

function shown(character: string): string {
  return printable.test(character) ? character : '?';
}
