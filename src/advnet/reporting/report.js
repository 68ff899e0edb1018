"use strict";
// The page is whole without this: it only makes the controls work.
{
  const $ = (id) => document.getElementById(id);
  for (const row of document.querySelectorAll(".controls, #copy")) row.hidden = false;

  // Progress: one frame visible at a time.
  const frames = [...document.querySelectorAll(".frame")];
  const slider = $("frame");
  if (slider) {
    let timer = null;
    const show = (index) => {
      frames.forEach((frame, other) => { frame.hidden = other !== index; });
      slider.value = index;
      slider.setAttribute("aria-valuetext", frames[index].dataset.label);
      $("moment").textContent = frames[index].dataset.label;
    };
    const stop = () => {
      clearInterval(timer);
      timer = null;
      $("play").textContent = "Play";
      $("moment").setAttribute("aria-live", "polite");
    };
    const advance = () => {
      show(Math.min(Number(slider.value) + 1, frames.length - 1));
      if (Number(slider.value) === frames.length - 1) stop();
    };
    $("play").addEventListener("click", () => {
      if (timer) { stop(); return; }
      // Read aloud where it stops, not every step on the way.
      $("moment").setAttribute("aria-live", "off");
      $("play").textContent = "Pause";
      if (Number(slider.value) === frames.length - 1) show(0);
      timer = setInterval(advance, 400);
    });
    slider.addEventListener("input", () => { stop(); show(Number(slider.value)); });
    show(frames.length - 1);
  }

  // Curves: the mean over neighbors on both sides, as the page was written with.
  const smoothed = (y, half) => y.map((own, at) => {
    const near = y.slice(Math.max(0, at - half), at + half + 1).filter((v) => v !== null);
    return own === null ? null : near.reduce((sum, v) => sum + v, 0) / near.length;
  });
  const path = (x, y) => y.map((value, at) => {
    if (value === null) return "";
    const start = at === 0 || y[at - 1] === null;
    return `${start ? "M" : "L"}${x[at]} ${Math.floor(value + 0.5)}${start ? "h0" : ""}`;
  }).join("");
  const smoothing = $("smoothing");
  if (smoothing) {
    const { x, spacing } = $("curves").dataset;
    const places = x.split(" ");
    const lines = [...document.querySelectorAll("[data-y]")].map((line) => {
      const texts = line.dataset.y.split(" ");
      return [line, texts.map((text) => (text === "" ? null : Number(text)))];
    });
    const draw = () => {
      const half = Number(smoothing.value);
      for (const [line, y] of lines) line.setAttribute("d", path(places, smoothed(y, half)));
      const steps = Math.round((2 * half + 1) * spacing).toLocaleString("en");
      $("window").textContent = `${steps} steps`;
      smoothing.setAttribute("aria-valuetext", `mean over ${steps} steps`);
    };
    smoothing.addEventListener("input", draw);
  }

  // Provenance: where the clipboard is closed, the command is selected instead.
  const copy = $("copy");
  if (copy) copy.addEventListener("click", async () => {
    try {
      await navigator.clipboard.writeText($("command").textContent);
      copy.textContent = "Copied";
    } catch {
      getSelection().selectAllChildren($("command"));
      copy.textContent = "Selected";
    }
    setTimeout(() => { copy.textContent = "Copy"; }, 2000);
  });
}
