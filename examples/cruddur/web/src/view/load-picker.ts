/** Loads `<roundel-picker>` on demand. */

import type { RoundelPicker } from 'roundel/picker';

/** After this time, the form offers a plain file input instead. */
const LOAD_TIMEOUT = 20_000;

/** A picker whose wasm works. @throws if a module, the worker or the wasm cannot be loaded */
export function loadPicker(): Promise<RoundelPicker> {
  return new Promise((resolve, reject) => {
    setTimeout(() => reject(new Error('the picker takes too long to load')), LOAD_TIMEOUT);
    load().then(resolve, reject);
  });
}

async function load(): Promise<RoundelPicker> {
  const [{ render }, { heic }] = await Promise.all([
    import('roundel'),
    import('roundel/heic'),
    import('roundel/picker'),
  ]);
  // Render one pixel, so that a missing file shows now and not when the user has chosen a photo.
  await render(new ImageData(1, 1), { sizes: [1] });
  const picker = document.createElement('roundel-picker');
  picker.id = 'picker';
  picker.sizes = '512';
  // The server encodes the picture again, so upload a better quality than it will show.
  picker.quality = '92';
  picker.options = { subsampling: '4:4:4' };
  picker.decoders = [heic];
  return picker;
}
