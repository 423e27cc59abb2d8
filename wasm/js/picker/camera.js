/** @import { Ui } from "./types.js" */

/**
 * Takes photos: on a phone with the camera app, on a desktop in a dialog that shows the video.
 * The video is mirrored, as in a mirror; the photo is not.
 *
 * @param {Ui} ui
 * @param {(photo: Blob) => void} onPhoto
 * @param {(error: unknown) => void} onError
 */
export function listenForCamera(ui, onPhoto, onError) {
  ui.camera.addEventListener("click", () => {
    if (isTouchDevice()) ui.cameraFile.click();
    else openDialog(ui).catch(onError);
  });
  ui.cameraCapture.addEventListener("click", async () => {
    const photo = await captureFrame(ui.cameraVideo);
    ui.cameraDialog.close();
    if (photo) onPhoto(photo);
  });
  ui.cameraCancel.addEventListener("click", () => ui.cameraDialog.close());
  ui.cameraDialog.addEventListener("close", () => stopCamera(ui.cameraVideo));
}

const isTouchDevice = () => matchMedia("(pointer: coarse)").matches;

/** @param {Ui} ui */
async function openDialog({ cameraDialog, cameraVideo }) {
  const video = { facingMode: "user", width: { ideal: 1920 }, height: { ideal: 1080 } };
  const stream = await navigator.mediaDevices.getUserMedia({ video });
  // A second click before the first answer starts two streams; only the last one is kept.
  stopCamera(cameraVideo);
  cameraVideo.srcObject = stream;
  // The picker may have been removed while the browser asked for permission.
  if (!cameraDialog.isConnected) stopCamera(cameraVideo);
  else if (!cameraDialog.open) cameraDialog.showModal();
}

/** The current frame of the video as a PNG. @param {HTMLVideoElement} video @returns {Promise<Blob | null>} */
function captureFrame(video) {
  const canvas = document.createElement("canvas");
  Object.assign(canvas, { width: video.videoWidth, height: video.videoHeight });
  canvas.getContext("2d")?.drawImage(video, 0, 0);
  return new Promise((resolve) => canvas.toBlob(resolve));
}

/** @param {HTMLVideoElement} video */
function stopCamera(video) {
  const stream = /** @type {MediaStream | null} */ (video.srcObject);
  for (const track of stream?.getTracks() ?? []) track.stop();
  video.srcObject = null;
}

/** Whether there may be a camera: on a touch device, or where the page may ask for one. */
export function hasCamera() {
  return isTouchDevice() || !!navigator.mediaDevices?.getUserMedia;
}
