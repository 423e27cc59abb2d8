/** Conversions between hexadecimal, base64 and bytes. */

/** Converts a digest from hexadecimal (roundel) to base64 (S3). */
export function hexToBase64(hex: string): string {
  if (!/^(?:[0-9a-f]{2})*$/i.test(hex)) throw new TypeError('not hexadecimal');
  const bytes = hex.match(/../g) ?? [];
  return btoa(String.fromCharCode(...bytes.map((digits) => Number.parseInt(digits, 16))));
}

export function base64ToBytes(base64: string): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(atob(base64), (character) => character.charCodeAt(0));
}
