"use strict";
// Without scripts the page still shows its text, tables and images.
{
  const $ = (id) => document.getElementById(id);
  for (const element of document.querySelectorAll(".controls, #copy")) element.hidden = false;

  // Charts: Bokeh draws each figure into the element that has its name as id.
  const sources = [];
  const draw = async (text) => {
    Bokeh.logger.set_level("warn");
    const charts = JSON.parse(text);
    const root_ids = charts.roots.map(({ id }) => id);
    const names = charts.roots.map(({ id, attributes }) => [id, attributes.name]);
    const item = { docid: "charts", root_ids, roots: Object.fromEntries(names) };
    await Bokeh.embed.embed_items({ charts }, [item]);
    const plots = Bokeh.documents[0].roots();
    for (const { toolbar, renderers } of plots) {
      sources.push(...renderers.map((renderer) => renderer.data_source));
      if (!matchMedia("(pointer: coarse)").matches) continue;
      // A finger scrolls the page; a reader who wants to zoom selects the tool. Bokeh
      // updates the element's touch-action only after `active_drag` has changed.
      const tool = toolbar.active_drag;
      toolbar.active_drag = null;
      tool.active = false;
    }
    // Axes have colors of the page, which Bokeh reads when it draws.
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => {
      for (const plot of plots) plot.change.emit();
    });
  };
  if ($("charts")) draw($("charts").textContent);

  // Sliders: each shows one of several images, or one of several states of the charts.
  // State i of a chart's column "y" is its column "y/i".
  const select = (slider) => {
    const { id, value, dataset } = slider;
    const label = JSON.parse(dataset.labels)[value];
    slider.setAttribute("aria-valuetext", label);
    document.querySelector(`output[for=${id}]`).textContent = label;
    document.querySelectorAll(`[data-${id}]`).forEach((image, index) => {
      image.hidden = index !== Number(value);
    });
    for (const source of sources.filter(({ tags }) => tags[0] === id)) {
      const data = { ...source.data };
      for (const name of Object.keys(data)) {
        if (`${name}/${value}` in data) data[name] = data[`${name}/${value}`];
      }
      source.data = data;
    }
  };
  for (const slider of document.querySelectorAll("input[type=range]")) {
    slider.setAttribute("aria-valuetext", JSON.parse(slider.dataset.labels)[slider.value]);
    slider.addEventListener("input", () => { stop(); select(slider); });
  }

  // Progress: the button moves its slider to the end.
  const [play, frame] = [$("play"), $("frame")];
  const moment = document.querySelector("output[for=frame]");
  let timer = null;
  const stop = () => {
    clearInterval(timer);
    timer = null;
    if (!play) return;
    play.textContent = "Play";
    moment.setAttribute("aria-live", "polite");
  };
  const move = (value) => {
    frame.value = value;
    select(frame);
  };
  if (play) play.addEventListener("click", () => {
    if (timer) { stop(); return; }
    play.textContent = "Pause";
    moment.setAttribute("aria-live", "off"); // a screen reader reads the last step only
    if (frame.value === frame.max) move(0);
    timer = setInterval(() => {
      move(Number(frame.value) + 1);
      if (frame.value === frame.max) stop();
    }, 400);
  });

  // Provenance: if the clipboard is not available, the command is selected.
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
