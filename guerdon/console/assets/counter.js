// The camera of the counter, where the browser reads codes by itself. Scanners that type need none of this.
"use strict";

{
  const open = document.querySelector("[data-camera]");
  const place = document.getElementById("camera");
  const video = place.querySelector("video");
  const form = document.getElementById("scan");
  const readable = "BarcodeDetector" in window && navigator.mediaDevices !== undefined;
  let stream = null;

  const stop = () => {
    for (const track of stream?.getTracks() ?? []) track.stop();
    stream = null;
    place.hidden = true;
    open.setAttribute("aria-expanded", "false");
  };

  const look = async (reader) => {
    if (stream === null) return;
    const [found] = await reader.detect(video).catch(() => []);
    if (found === undefined) return void setTimeout(look, 200, reader);
    form.elements.who.value = found.rawValue;
    stop();
    form.requestSubmit();
  };

  const start = async () => {
    place.hidden = false;
    open.setAttribute("aria-expanded", "true");
    try {
      stream = await navigator.mediaDevices.getUserMedia({ video: { facingMode: "environment" } });
      video.srcObject = stream;
      video.play().catch(stop);
      look(new BarcodeDetector({ formats: ["qr_code", "code_128", "ean_13"] }));
    } catch {
      stop();
      place.hidden = false;
      place.querySelector("[role=status]").textContent = place.dataset.denied;
    }
  };

  open.hidden = !readable;
  open.addEventListener("click", () => (stream === null ? start() : stop()));
  addEventListener("pagehide", stop);
}
