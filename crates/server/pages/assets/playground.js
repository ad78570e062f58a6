/** The playground: reads the knobs, shows what they make, and writes the settings down to be copied. */

/**
 * @template {Element} E
 * @param {string} selector
 * @param {new () => E} type
 * @returns {E}
 */
function find(selector, type) {
  const found = document.querySelector(selector);
  if (found instanceof type) return found;
  throw new TypeError(`the page has no ${selector}`);
}

/** @typedef {{ [key: string]: unknown }} Table */

const knobs = find('#knobs', HTMLFormElement);
const picture = find('#picture', HTMLImageElement);
const message = find('#message', HTMLElement);
const size = find('#size', HTMLSelectElement);
const transparent = find('#transparent', HTMLInputElement);
const inputs = /** @type {HTMLInputElement[]} */ ([...knobs.querySelectorAll('input')]);
const wall = /** @type {HTMLImageElement[]} */ ([...document.querySelectorAll('#wall img')]);

/** The knobs that were turned: the others are left to the preset. */
const turned = /** @type {Set<string>} */ (new Set());
let seed = 1;

/** @param {string} name */
const chosen = (name) => String(new FormData(knobs).get(name));

/** @param {HTMLInputElement} input */
const nameOf = ({ dataset }) => dataset.path ?? dataset.list ?? '';

/** @param {HTMLInputElement} input */
function valueOf(input) {
  if (input.type === 'checkbox') return input.checked;
  return input.type === 'range' ? input.valueAsNumber : input.value;
}

/** @param {string} name */
const listOf = (name) =>
  inputs
    .filter(({ type, checked, dataset }) => dataset.list === name && (type !== 'checkbox' || checked))
    .map(({ value }) => value);

/** @param {string} start */
const anyTurned = (start) => [...turned].some((path) => path.startsWith(start));

/** What the knobs say, under the names of a site's configuration. */
function sketch() {
  const kind = chosen('kind');
  /** @type {Table} */
  const style = { preset: chosen('preset') };
  /** @type {Table} */
  const asked = {};
  for (const input of inputs) {
    const [table, key, end] = input.dataset.path?.split('.') ?? [];
    if (!key || end !== undefined || !turned.has(nameOf(input)) || input.value === '') continue;
    if (table === 'style') style[key] = valueOf(input);
    if (table === kind) asked[key] = valueOf(input);
  }
  for (const pair of ['rotation', 'letter_scale', 'gap']) {
    const ends = inputs.filter(({ dataset }) => dataset.path?.startsWith(`style.${pair}.`));
    if (anyTurned(`style.${pair}.`)) style[pair] = ends.map(valueOf);
  }
  if (anyTurned('style.letter_colours')) style.letter_colours = [...new Set(listOf('style.letter_colours'))];
  if (transparent.checked) style.background = 'transparent';
  if (anyTurned('noise.')) style.noise = noise();
  if (size.value) style.size = size.value === 'auto' ? 'auto' : { [size.value]: pixels() };
  if (kind === 'math' && anyTurned('math.operators')) asked.operators = listOf('math.operators');

  const text = find('#text', HTMLInputElement).value;
  return { kind, ...(kind === 'custom' ? { text } : { [kind]: asked }), style };
}

function noise() {
  return inputs.flatMap((input) => {
    const [table, kind, amount] = input.dataset.path?.split('.') ?? [];
    return table === 'noise' && amount && input.valueAsNumber > 0 ? [{ kind, [amount]: input.valueAsNumber }] : [];
  });
}

const pixels = () => [find('#width', HTMLInputElement).valueAsNumber, find('#height', HTMLInputElement).valueAsNumber];

/**
 * @param {unknown} value
 * @returns {string}
 */
function toml(value) {
  if (Array.isArray(value)) return `[${value.map(toml).join(', ')}]`;
  if (value === null || typeof value !== 'object') return JSON.stringify(value);
  return `{ ${Object.entries(value)
    .map(([key, item]) => `${key} = ${toml(item)}`)
    .join(', ')} }`;
}

/**
 * @param {string} name
 * @param {unknown} table
 */
function tomlTable(name, table) {
  const entries = Object.entries(table ?? {});
  return entries.length ? `\n[${name}]\n${entries.map(([key, value]) => `${key} = ${toml(value)}\n`).join('')}` : '';
}

/** @param {ReturnType<typeof sketch>} sketch */
function configuration({ kind, style, ...asked }) {
  const keys = '# `cattlegrid keygen` makes both keys.\nkey = "…"\nsecret = "…"\n';
  const kinds = kind === 'custom' ? '' : `kinds = ["${kind}"]\n`;
  const table = kind === 'custom' ? '' : tomlTable(`sites.${kind}`, /** @type {Table} */ (asked)[kind]);
  return `[[sites]]\n${keys}${kinds}${table}${tomlTable('sites.style', style)}`;
}

/** @param {string} kind */
const markup = (kind) =>
  `<script type="module"\n  src="${location.origin}/widget.js"></script>\n\n` +
  `<cattlegrid-captcha\n  sitekey="…"${kind === 'custom' ? '' : `\n  kind="${kind}"`}>\n</cattlegrid-captcha>`;

/**
 * @param {object} sketch
 * @param {number} seed
 */
function address(sketch, seed) {
  return `/playground/picture?seed=${seed}&sketch=${encodeURIComponent(JSON.stringify(sketch))}`;
}

/**
 * Shows a picture in place of another once it is there.
 *
 * @param {HTMLImageElement} image
 * @param {string} url
 */
async function show(image, url, zoom = 1) {
  const next = new Image();
  next.srcset = zoom === 1 ? `${url}, ${url}&scale=2 2x` : `${url}&scale=2 ${zoom}x`;
  try {
    await next.decode();
  } catch {
    throw new Error(await reason(url));
  }
  image.srcset = next.srcset;
  image.width = next.naturalWidth * zoom;
  image.height = next.naturalHeight * zoom;
}

/**
 * Why there is no picture.
 *
 * @param {string} url
 */
async function reason(url) {
  try {
    const reply = await fetch(url);
    return reply.ok ? 'The picture did not arrive. Please try again.' : (await reply.json()).detail;
  } catch {
    return 'There is no connection to the server.';
  }
}

/** @type {ReturnType<typeof setTimeout> | undefined} */
let waiting;
let drawing = 0;

/** Draws once the knobs have come to rest. */
function drawSoon() {
  picture.ariaBusy = 'true';
  clearTimeout(waiting);
  waiting = setTimeout(draw, 80);
}

async function draw() {
  const now = ++drawing;
  const wanted = sketch();
  find('#toml', HTMLElement).textContent = configuration(wanted);
  find('#html', HTMLElement).textContent = markup(wanted.kind);
  try {
    await show(picture, address(wanted, seed), 2);
    if (now === drawing) settled('');
    // Why: one after another, so that the wall does not crowd out the picture of the next turn.
    for (const [place, image] of wall.entries()) {
      if (now !== drawing) return;
      await show(image, address(wanted, seed + place + 1));
    }
  } catch (error) {
    if (now === drawing) settled(error instanceof Error ? error.message : String(error));
  }
}

/** @param {string} said */
function settled(said) {
  picture.ariaBusy = 'false';
  message.textContent = said;
}

/** Puts every knob that was not turned where the preset has it, and shows those that matter. */
function settle() {
  const preset = chosen('preset');
  for (const input of inputs) {
    const value = input.dataset[preset];
    if (value === undefined || turned.has(nameOf(input))) continue;
    if (input.type === 'checkbox') input.checked = value === 'true';
    else input.value = value;
  }
  for (const input of inputs) {
    const output = input.parentElement?.querySelector('output');
    if (output) output.value = input.value;
  }
  const kind = chosen('kind');
  for (const group of knobs.querySelectorAll('[data-kind]')) {
    if (group instanceof HTMLElement) group.hidden = group.dataset.kind !== kind;
  }
  find('#pixels', HTMLElement).hidden = !['at-least', 'fixed'].includes(size.value);
  drawSoon();
}

knobs.addEventListener('input', ({ target }) => {
  if (target instanceof HTMLInputElement) turned.add(nameOf(target));
  settle();
});
knobs.addEventListener('submit', (event) => event.preventDefault());
knobs.addEventListener('reset', () => {
  turned.clear();
  setTimeout(settle);
});
find('#again', HTMLButtonElement).addEventListener('click', () => {
  seed = Math.floor(Math.random() * 2 ** 32);
  drawSoon();
});
for (const button of document.querySelectorAll('button[data-copy]')) {
  button.addEventListener('click', async () => {
    const name = button.getAttribute('data-copy');
    await navigator.clipboard.writeText(find(`#${name}`, HTMLElement).textContent ?? '');
    message.textContent = 'Copied.';
  });
}
for (const sample of document.querySelectorAll('button[data-preset]')) {
  sample.addEventListener('click', () => {
    for (const name of ['kind', 'preset']) {
      find(`input[name=${name}][value=${sample.getAttribute(`data-${name}`)}]`, HTMLInputElement).checked = true;
    }
    settle();
    picture.scrollIntoView({ block: 'center' });
  });
}

// Why: a browser that comes back to the page may have kept the knobs, but not which were turned.
knobs.reset();
