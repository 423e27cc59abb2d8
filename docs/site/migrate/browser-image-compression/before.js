import compress from "browser-image-compression";

export async function avatar(file) {
  return compress(file, {
    maxWidthOrHeight: 256,
    maxSizeMB: 0.02,
    fileType: "image/jpeg",
    useWebWorker: true,
  });
}
