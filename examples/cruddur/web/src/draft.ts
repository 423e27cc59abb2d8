/** Keeps the content of a form while its owner signs in again after the session has expired. */

import type { CropRect } from 'roundel/picker';

export interface Draft {
  handle: string;
  display_name: string;
  bio: string;
  /** The photo in the picker. */
  photo: Blob | null;
  crop: CropRect | null;
  /** The file that was selected to be sent unchanged. */
  original: File | null;
}

let kept: Draft | null = null;

export function keepDraft(draft: Draft): void {
  kept = draft;
}

/** Returns the draft once, to its owner. A call for another handle deletes it. */
export function takeDraft(handle: string): Draft | null {
  const draft = kept;
  kept = null;
  return draft?.handle === handle ? draft : null;
}
