/** `<roundel-picker>`, loaded when it is needed. */

import type { RoundelPicker } from 'roundel/picker';

/** After this long, a person can be offered something simpler. */
const PATIENCE = 20_000;

/** A picker whose wasm is known to work. @throws where module, worker or wasm cannot be loaded */
export function loadPicker(): Promise<RoundelPicker> {
  return new Promise((resolve, reject) => {
    setTimeout(() => reject(new Error('the picker takes too long to load')), PATIENCE);
    load().then(resolve, reject);
  });
}

async function load(): Promise<RoundelPicker> {
  const [{ render }, { heic }] = await Promise.all([
    import('roundel'),
    import('roundel/heic'),
    import('roundel/picker'),
  ]);
  // One pixel: whatever is missing is missed now, and not when a photo was chosen.
  await render(new ImageData(1, 1), { sizes: [1] });
  const picker = document.createElement('roundel-picker');
  picker.id = 'picker';
  picker.sizes = '512';
  // The server renders it again, so what is sent is better than what will be shown.
  picker.quality = '92';
  picker.options = { subsampling: '4:4:4' };
  picker.decoders = [heic];
  return picker;
}
