import imageCompression from "browser-image-compression";

export async function avatar(file) {
  const options = { maxWidthOrHeight: 256, maxSizeMB: 0.02, fileType: "image/jpeg", useWebWorker: true };
  return imageCompression(file, options);
}
