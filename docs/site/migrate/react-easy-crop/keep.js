import { render } from "roundel";

export async function cropped(photo, { x, y, width, height }) {
  const { avatars } = await render(photo, { sizes: [256], crop: [x, y, width, height] });
  return avatars[0].blob;
}
