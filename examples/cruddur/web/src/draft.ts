/** A form that could not be saved because the session had ended: it waits for its owner. */

import type { CropRect } from 'roundel/picker';

export interface Draft {
  handle: string;
  display_name: string;
  bio: string;
  /** What the picker held. */
  photo: Blob | null;
  crop: CropRect | null;
  /** What was to be sent as it is. */
  original: File | null;
}

let kept: Draft | null = null;

export function keepDraft(draft: Draft): void {
  kept = draft;
}

/** Gives it once, to its owner; anybody else's visit ends it. */
export function takeDraft(handle: string): Draft | null {
  const draft = kept;
  kept = null;
  return draft?.handle === handle ? draft : null;
}
