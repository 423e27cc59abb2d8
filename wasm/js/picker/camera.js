/** @import { Ui } from "./types.js" */

/**
 * Takes photos: with the camera's own program on a phone, and on a desktop in a dialog with the
 * camera's picture, mirrored as people know themselves; the photo is not.
 *
 * @param {Ui} ui
 * @param {(photo: Blob) => void} take
 * @param {(error: unknown) => void} refuse
 */
export function listen(ui, take, refuse) {
  ui.camera.addEventListener("click", () => {
    if (matchMedia("(pointer: coarse)").matches) ui.cameraFile.click();
    else open(ui).catch(refuse);
  });
  ui.shutter.addEventListener("click", async () => {
    const photo = await shoot(ui.cameraPicture);
    ui.cameraDialog.close();
    if (photo) take(photo);
  });
  ui.cameraCancel.addEventListener("click", () => ui.cameraDialog.close());
  ui.cameraDialog.addEventListener("close", () => close(ui.cameraPicture));
}

/** @param {Ui} ui */
async function open({ cameraDialog, cameraPicture }) {
  const video = { facingMode: "user", width: { ideal: 1920 }, height: { ideal: 1080 } };
  const stream = await navigator.mediaDevices.getUserMedia({ video });
  close(cameraPicture); // pressed twice before the first answer, there are two streams
  cameraPicture.srcObject = stream;
  if (!cameraDialog.isConnected) close(cameraPicture);
  else if (!cameraDialog.open) cameraDialog.showModal();
}

/** What the camera sees at this moment, without loss. @param {HTMLVideoElement} picture @returns {Promise<Blob | null>} */
function shoot(picture) {
  const canvas = document.createElement("canvas");
  Object.assign(canvas, { width: picture.videoWidth, height: picture.videoHeight });
  canvas.getContext("2d")?.drawImage(picture, 0, 0);
  return new Promise((resolve) => canvas.toBlob(resolve));
}

/** Switches the camera off. @param {HTMLVideoElement} picture */
function close(picture) {
  const stream = /** @type {MediaStream | null} */ (picture.srcObject);
  for (const track of stream?.getTracks() ?? []) track.stop();
  picture.srcObject = null;
}

/** Whether there is a way to take a photo: a touch device's camera, or one that a page may ask for. */
export function canTake() {
  return matchMedia("(pointer: coarse)").matches || !!navigator.mediaDevices?.getUserMedia;
}
