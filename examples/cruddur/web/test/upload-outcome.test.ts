import assert from 'node:assert/strict';
import { test } from 'node:test';

import { publishRefusal } from '../src/profile-events.ts';
import { removalOutcome, uploadOutcome } from '../src/upload-outcome.ts';
import { publishProfile } from '../src/profile-store.ts';
import type { Profile } from '../src/types.ts';

const KEY = 'avatars/original/sub/mine.jpg';

function profile(handle: string, upload: string | null): Profile {
  const avatar = upload === null ? null : { digest: '0', upload, thumbhash: '', color: '000000', images: [] };
  return { handle, display_name: handle, bio: null, avatar };
}

/** The outcome after all pending callbacks have run; 'open' if there is none yet. */
async function settled<T>(outcome: Promise<T>): Promise<T | 'open'> {
  return Promise.race([outcome, new Promise<'open'>((resolve) => setImmediate(() => resolve('open')))]);
}

test('an upload is live when the profile names it, even if the event came first', async () => {
  publishProfile(profile('ada', null));
  const outcome = uploadOutcome('ada', KEY, undefined);
  assert.equal(await settled(outcome), 'open');
  publishProfile(profile('ada', 'mine.jpg'));
  assert.deepEqual(await outcome, { live: true, own: true });
  assert.deepEqual(await uploadOutcome('ada', KEY, 'mine.jpg'), { live: true, own: true });
});

test('the previous upload does not end the wait, a newer one does', async () => {
  publishProfile(profile('bob', 'before.jpg'));
  const outcome = uploadOutcome('bob', KEY, 'before.jpg');
  publishProfile({ ...profile('bob', 'before.jpg'), bio: 'changed in the meantime' });
  assert.equal(await settled(outcome), 'open');
  publishProfile(profile('bob', 'newer.jpg'));
  assert.deepEqual(await outcome, { live: true, own: false });
});

test('only the refusal of the same key ends the wait', async () => {
  publishProfile(profile('eve', null));
  const outcome = uploadOutcome('eve', KEY, undefined);
  publishRefusal({ key: 'avatars/original/sub/other.jpg', code: 'empty', message: '' });
  assert.equal(await settled(outcome), 'open');
  publishRefusal({ key: KEY, code: 'malformed', message: '' });
  publishRefusal({ key: 'avatars/original/sub/third.jpg', code: 'empty', message: '' });
  assert.deepEqual(await outcome, { live: false, code: 'malformed' });
  assert.deepEqual(await uploadOutcome('eve', KEY, undefined), { live: false, code: 'malformed' }, 'a known refusal');
});

test('a removal is complete when the profile has no picture, or a newer one', async () => {
  for (const after of [null, 'newer.jpg']) {
    publishProfile(profile('joe', 'before.jpg'));
    const outcome = removalOutcome('joe', 'before.jpg');
    publishProfile({ ...profile('joe', 'before.jpg'), bio: 'changed in the meantime' });
    assert.equal(await settled(outcome), 'open');
    publishProfile(profile('joe', after));
    assert.equal(await settled(outcome), undefined);
  }
});
