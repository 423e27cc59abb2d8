/**
 * Parses server-sent events of a fetch response. EventSource cannot send an Authorization header.
 *
 * The package eventsource-parser (3.1.1) returns an event with CR line ends only when the next one
 * arrives, so this parser stays.
 */

export interface ServerEvent {
  type: string;
  data: string;
}

/**
 * Parses `text/event-stream` in chunks, which may end anywhere.
 *
 * https://html.spec.whatwg.org/multipage/server-sent-events.html#event-stream-interpretation
 */
export class EventStreamParser {
  #line = '';
  #type = '';
  #data: string[] = [];
  /** Whether the last chunk ended in `\r`. Then a leading `\n` belongs to the same line end. */
  #endedWithCr = false;

  /** Returns the events that this chunk completes. */
  push(chunk: string): ServerEvent[] {
    if (chunk === '') return [];
    const rest = this.#endedWithCr && chunk.startsWith('\n') ? chunk.slice(1) : chunk;
    this.#endedWithCr = chunk.endsWith('\r');
    const lines = (this.#line + rest).split(/\r\n|\n|\r/);
    this.#line = lines.pop() ?? '';
    return lines.flatMap((line) => this.#parseLine(line));
  }

  #parseLine(line: string): ServerEvent[] {
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
