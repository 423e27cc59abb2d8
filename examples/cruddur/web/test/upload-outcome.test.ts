import assert from 'node:assert/strict';
import { test } from 'node:test';

import { takeRefusal } from '../src/profile-events.ts';
import { type Outcome, outcomeOf } from '../src/upload-outcome.ts';
import { publish } from '../src/profile-store.ts';
import type { Profile } from '../src/types.ts';

const KEY = 'avatars/original/sub/mine.jpg';

function profile(handle: string, upload: string | null): Profile {
  const avatar = upload === null ? null : { digest: '0', upload, thumbhash: '', color: '000000', images: [] };
  return { handle, display_name: handle, bio: null, avatar };
}

/** What has been decided once everything that waits has had its turn. */
async function decided(outcome: Promise<Outcome>): Promise<Outcome | 'open'> {
  return Promise.race([outcome, new Promise<'open'>((resolve) => setImmediate(() => resolve('open')))]);
}

test('an upload is live when the profile names it, also if its event came first', async () => {
  publish(profile('ada', null));
  const outcome = outcomeOf('ada', KEY, undefined);
  assert.equal(await decided(outcome), 'open');
  publish(profile('ada', 'mine.jpg'));
  assert.deepEqual(await outcome, { live: true, own: true });
  assert.deepEqual(await outcomeOf('ada', KEY, 'mine.jpg'), { live: true, own: true });
});

test('what was there before decides nothing, what overtakes ends the wait', async () => {
  publish(profile('bob', 'before.jpg'));
  const outcome = outcomeOf('bob', KEY, 'before.jpg');
  publish({ ...profile('bob', 'before.jpg'), bio: 'changed meanwhile' });
  assert.equal(await decided(outcome), 'open');
  publish(profile('bob', 'newer.jpg'));
  assert.deepEqual(await outcome, { live: true, own: false });
});

test('a refusal is of its own upload alone, however many come', async () => {
  publish(profile('eve', null));
  const outcome = outcomeOf('eve', KEY, undefined);
  takeRefusal({ key: 'avatars/original/sub/other.jpg', code: 'empty', message: '' });
  assert.equal(await decided(outcome), 'open');
  takeRefusal({ key: KEY, code: 'malformed', message: '' });
  takeRefusal({ key: 'avatars/original/sub/third.jpg', code: 'empty', message: '' });
  assert.deepEqual(await outcome, { live: false, code: 'malformed' });
  assert.deepEqual(await outcomeOf('eve', KEY, undefined), { live: false, code: 'malformed' }, 'known already');
});
