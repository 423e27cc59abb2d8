/** Server-sent events from a fetched stream: EventSource can send no Authorization. */

export interface ServerEvent {
  type: string;
  data: string;
}

/**
 * Reads `text/event-stream` piece by piece, wherever it was cut.
 *
 * https://html.spec.whatwg.org/multipage/server-sent-events.html#event-stream-interpretation
 */
export class EventStreamParser {
  #line = '';
  #type = '';
  #data: string[] = [];
  /** Whether the piece before ended in `\r`: a `\n` that follows belongs to it. */
  #halfway = false;

  /** The events that are complete with this piece. */
  push(piece: string): ServerEvent[] {
    if (piece === '') return [];
    const rest = this.#halfway && piece.startsWith('\n') ? piece.slice(1) : piece;
    this.#halfway = piece.endsWith('\r');
    const lines = (this.#line + rest).split(/\r\n|\n|\r/);
    this.#line = lines.pop() ?? '';
    return lines.flatMap((line) => this.#take(line));
  }

  #take(line: string): ServerEvent[] {
    if (line === '') return this.#dispatch();
    const [, field, value = ''] = /^([^:]*)(?:: ?(.*))?$/su.exec(line) ?? [];
    if (field === 'event') this.#type = value;
    if (field === 'data') this.#data.push(value);
    return [];
  }

  #dispatch(): ServerEvent[] {
    const event = { type: this.#type || 'message', data: this.#data.join('\n') };
    const empty = this.#data.length === 0;
    this.#type = '';
    this.#data = [];
    return empty ? [] : [event];
  }
}
