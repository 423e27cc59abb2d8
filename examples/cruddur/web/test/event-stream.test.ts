import assert from 'node:assert/strict';
import { test } from 'node:test';

import { EventStreamParser, type ServerEvent } from '../src/event-stream.ts';

const profile = (data: string): ServerEvent => ({ type: 'profile', data });

function parse(...chunks: string[]): ServerEvent[] {
  const parser = new EventStreamParser();
  return chunks.flatMap((chunk) => parser.push(chunk));
}

for (const [name, end] of [['LF', '\n'], ['CR LF', '\r\n'], ['CR', '\r']] as const) {
  test(`chunk boundaries do not change the events: lines end in ${name}`, () => {
    const stream = [': alive', '', 'event: profile', 'data: {"é":1,', 'data: "b":2}', '', 'data:x', '', ''].join(end);
    const events = [profile('{"é":1,\n"b":2}'), { type: 'message', data: 'x' }];
    for (let first = 0; first <= stream.length; first++) {
      for (let second = first; second <= stream.length; second++) {
        const chunks = [stream.slice(0, first), stream.slice(first, second), stream.slice(second)];
        assert.deepEqual(parse(...chunks), events, JSON.stringify(chunks));
      }
    }
  });
}

test('an event is complete with its last line, not only with the next event', () => {
  const parser = new EventStreamParser();
  assert.deepEqual(parser.push('event: profile\rdata: 1\r\r'), [profile('1')]);
  assert.deepEqual(parser.push('\ndata: 2\n\n'), [{ type: 'message', data: '2' }]);
});

test('comments, unknown fields and events without data are ignored', () => {
  assert.deepEqual(parse(': alive\n\nid: 1\nretry: 5\n\nevent: profile\n\n'), []);
});

test('the type of an event without data is not used for the next event', () => {
  assert.deepEqual(parse('event: profile\n\ndata: 1\n\n'), [{ type: 'message', data: '1' }]);
});

test('one space after the colon is skipped, a second one belongs to the value', () => {
  assert.deepEqual(parse('event:profile\ndata:  1: 2\n\n'), [profile(' 1: 2')]);
});

test('an incomplete event is not returned', () => {
  assert.deepEqual(parse('event: profile\ndata: 1\n'), []);
});
