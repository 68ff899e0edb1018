// Two pictures to play with. The numbers are those of play_data.js; nothing is loaded.
"use strict";

(() => {
  const SVG = "http://www.w3.org/2000/svg";
  const data = window.ADVNET_PLAY;

  // Return a new element of an SVG picture.
  const element = (name, attributes, parent) => {
    const node = document.createElementNS(SVG, name);
    for (const [key, value] of Object.entries(attributes)) node.setAttribute(key, value);
    parent?.append(node);
    return node;
  };

  // Return a labeled control that calls `draw` when it changes.
  const control = (parent, text, node, draw) => {
    const label = document.createElement("label");
    label.append(text, node);
    parent.append(label);
    node.addEventListener("input", draw);
    return node;
  };

  const choice = (names) => {
    const select = document.createElement("select");
    for (const name of names) select.add(new Option(name, name));
    return select;
  };

  const slider = (max, value) => {
    const input = document.createElement("input");
    Object.assign(input, { type: "range", min: 0, max, step: 1, value });
    return input;
  };

  // Add a button that moves a slider from its start to its end.
  const playButton = (parent, range, draw) => {
    const button = document.createElement("button");
    let timer = null;
    const stop = () => {
      clearInterval(timer);
      timer = null;
      button.textContent = "Play";
    };
    button.type = "button";
    button.addEventListener("click", () => {
      if (timer) return stop();
      if (range.value === range.max) range.value = 0;
      button.textContent = "Pause";
      timer = setInterval(() => {
        range.stepUp();
        draw();
        if (range.value === range.max) stop();
      }, 200);
    });
    stop();
    if (!matchMedia("(prefers-reduced-motion: reduce)").matches) parent.append(button);
  };

  const polyline = (xs, ys) => xs.map((x, i) => `${x.toFixed(1)},${ys[i].toFixed(1)}`).join(" ");

  // Build the picture, the row of controls and the line of text of a figure.
  const frame = (id, viewBox, title) => {
    const root = document.getElementById(id);
    const svg = element("svg", { viewBox, role: "img", "aria-label": title }, root);
    const controls = document.createElement("div");
    const text = document.createElement("output");
    controls.className = "play-controls";
    root.append(controls, text);
    return { svg, controls, text };
  };

  const figure1 = () => {
    const { svg, controls, text } = frame(
      "play-figure1", "0 0 600 380", "Densities and discriminator of a one-dimensional game");
    const { x, k } = data.figure1;
    const horizontal = (value) => 20 + (560 * (value + 2000)) / 6000;
    const vertical = (value, top) => 270 - (250 * Math.min(value, top)) / top;
    const places = x.map(horizontal);
    const line = (name) => element("polyline", { class: `play-line ${name}` }, svg);
    const lines = Object.fromEntries(
      ["data", "generator", "optimum", "discriminator"].map((name) => [name, line(name)]));
    const arrows = element("g", { class: "play-arrows" }, svg);
    for (const y of [270, 300, 360]) {
      element("line", { class: "play-axis", x1: 20, x2: 580, y1: y, y2: y }, svg);
    }
    element("text", { x: 584, y: 304 }, svg).textContent = "x";
    element("text", { x: 584, y: 364 }, svg).textContent = "z";
    const draw = () => {
      const game = k[steps.value];
      const state = game.frames[Number(range.value)];
      const scale = { data: 1000, generator: 1000, optimum: 1000, discriminator: 1000 };
      for (const [name, node] of Object.entries(lines)) {
        const values = name === "data" ? game.data : state[name];
        node.setAttribute("points", polyline(places, values.map((v) => vertical(v, scale[name]))));
      }
      arrows.replaceChildren(...game.z.map((z, i) => element("line", {
        x1: horizontal(1000 + z), y1: 360, x2: horizontal(state.mapped[i]), y2: 300 })));
      text.value = `step ${state.step.toLocaleString("en")}: ` +
        `Jensen-Shannon divergence ${state.jsd.toFixed(4)} nats (0 at the equilibrium)`;
    };
    const steps = control(controls, "critic steps k ", choice(Object.keys(k)), () => draw());
    steps.value = Object.keys(k).at(-1);
    const range = control(controls, "step ", slider(k[steps.value].frames.length - 1, 6), () => draw());
    playButton(controls, range, draw);
    draw();
  };

  const bilinear = () => {
    const { svg, controls, text } = frame(
      "play-bilinear", "0 0 600 300", "Path of the players, and distance from the equilibrium");
    const rules = data.bilinear;
    const names = Object.keys(rules);
    const point = ([x, y]) => [150 + 0.11 * x, 150 - 0.11 * y];
    const height = (d) => Math.max(20, Math.min(280, 150 - 65 * Math.log10(Math.max(d, 1e-2))));
    element("line", { class: "play-axis", x1: 20, x2: 280, y1: 150, y2: 150 }, svg);
    element("line", { class: "play-axis", x1: 150, x2: 150, y1: 20, y2: 280 }, svg);
    element("line", { class: "play-axis", x1: 330, x2: 590, y1: 280, y2: 280 }, svg);
    element("line", { class: "play-axis", x1: 330, x2: 330, y1: 20, y2: 280 }, svg);
    element("text", { x: 284, y: 154 }, svg).textContent = "x";
    element("text", { x: 154, y: 18 }, svg).textContent = "y";
    element("text", { x: 336, y: 18 }, svg).textContent = "distance, logarithmic";
    element("text", { x: 560, y: 296 }, svg).textContent = "step";
    for (const d of [0.01, 0.1, 1, 10, 100]) {
      element("text", { x: 326, y: height(d) + 4, "text-anchor": "end" }, svg).textContent = d;
    }
    const clip = element("clipPath", { id: "play-clip" }, svg);
    element("rect", { x: 20, y: 20, width: 260, height: 260 }, clip);
    const group = element("g", { "clip-path": "url(#play-clip)" }, svg);
    const path = element("polyline", { class: "play-line generator" }, group);
    const distances = element("polyline", { class: "play-line discriminator" }, svg);
    const dot = element("circle", { r: 5, class: "play-dot" }, group);
    const draw = () => {
      const points = rules[rule.value][rate.value].slice(0, Number(range.value) + 1);
      const places = points.map(point);
      const lengths = points.map(([x, y]) => Math.hypot(x, y) / 1000);
      path.setAttribute("points", polyline(places.map((p) => p[0]), places.map((p) => p[1])));
      distances.setAttribute("points", polyline(
        lengths.map((_, i) => 330 + (260 * i) / range.max), lengths.map(height)));
      dot.setAttribute("cx", places.at(-1)[0]);
      dot.setAttribute("cy", places.at(-1)[1]);
      text.value = `dynamics.${rule.value}, learning rate ${rate.value}, step ${range.value}: ` +
        `distance ${lengths.at(-1).toLocaleString("en", { maximumSignificantDigits: 3 })} from the equilibrium`;
    };
    const rule = control(controls, "update ", choice(names), () => draw());
    const rate = control(controls, "learning rate ", choice(Object.keys(rules[names[0]])), () => draw());
    const range = control(controls, "step ", slider(60, 60), () => draw());
    playButton(controls, range, draw);
    draw();
  };

  figure1();
  bilinear();
})();
