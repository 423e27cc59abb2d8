import { useMemo, useState } from "react";
import Cropper from "react-easy-crop";
import "react-easy-crop/react-easy-crop.css";

export function AvatarField({ photo, onSave }) {
  const [crop, setCrop] = useState({ x: 0, y: 0 });
  const [zoom, setZoom] = useState(1);
  const [area, setArea] = useState(null);
  const image = useMemo(() => URL.createObjectURL(photo), [photo]);
  return (
    <div style={{ position: "relative", height: 320 }}>
      <Cropper
        image={image}
        aspect={1}
        cropShape="round"
        crop={crop}
        zoom={zoom}
        onCropChange={setCrop}
        onZoomChange={setZoom}
        onCropComplete={(_, pixels) => setArea(pixels)}
      />
      <button disabled={!area} onClick={async () => onSave(await cropped(photo, area))}>Save</button>
    </div>
  );
}

async function cropped(photo, { x, y, width, height }) {
  const bitmap = await createImageBitmap(photo);
  const canvas = new OffscreenCanvas(256, 256);
  canvas.getContext("2d").drawImage(bitmap, x, y, width, height, 0, 0, 256, 256);
  return canvas.convertToBlob({ type: "image/jpeg", quality: 0.8 });
}
