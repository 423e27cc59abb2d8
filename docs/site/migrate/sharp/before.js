import sharp from "sharp";

export async function avatars(photo) {
  const files = [256, 64].map((size) =>
    sharp(photo)
      .rotate()
      .resize(size, size)
      .flatten({ background: "#ffffff" })
      .jpeg({ quality: 80 })
      .toBuffer(),
  );
  return Promise.all(files);
}
