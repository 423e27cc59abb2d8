import { useMemo, useState } from "react";
import Cropper from "react-easy-crop";
import "react-easy-crop/react-easy-crop.css";

export function AvatarField({ photo, onSave }) {
  const [crop, setCrop] = useState({ x: 0, y: 0 });
  const [zoom, setZoom] = useState(1);
  const [area, setArea] = useState(null);
  const image = useMemo(
    () => URL.createObjectURL(photo),
    [photo],
  );

  async function save() {
    onSave(await cropped(photo, area));
  }

  return (
    <>
      <div className="cropper">
        <Cropper
          image={image}
          aspect={1}
          cropShape="round"
          crop={crop}
          zoom={zoom}
          onCropChange={setCrop}
          onZoomChange={setZoom}
          onCropComplete={(_, area) => setArea(area)}
        />
      </div>
      <button disabled={!area} onClick={save}>Save</button>
    </>
  );
}

async function cropped(photo, area) {
  const { x, y, width, height } = area;
  const bitmap = await createImageBitmap(photo);
  const canvas = new OffscreenCanvas(256, 256);
  const context = canvas.getContext("2d");
  context.drawImage(
    bitmap, x, y, width, height, 0, 0, 256, 256,
  );
  return canvas.convertToBlob({
    type: "image/jpeg",
    quality: 0.8,
  });
}
