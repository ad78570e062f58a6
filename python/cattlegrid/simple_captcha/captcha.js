// Puts a button beside every captcha that shows another picture and keeps what else the form has.
// The server writes `const site = {refresh, button, changed, failed};` in front of this.

const PATIENCE_MS = 10_000;

/** Pictures that have their button. */
const ready = new WeakSet();

function prepareAll() {
  for (const picture of /** @type {NodeListOf<HTMLImageElement>} */ (document.querySelectorAll('img.captcha'))) {
    if (!ready.has(picture) && find(picture)) {
      ready.add(picture);
      prepare(picture);
    }
  }
}

/**
 * A site's template may have a button of its own, an element with `data-captcha-refresh`.
 *
 * @param {HTMLImageElement} picture
 */
function prepare(picture) {
  const button = find(picture)?.around.querySelector('[data-captcha-refresh]') ?? makeButton(picture);
  const status = document.createElement('span');
  status.className = 'captcha-status';
  status.setAttribute('role', 'status');
  hide(status);
  button.after(status);
  button.addEventListener('click', async (event) => {
    event.preventDefault();
    if (button.ariaBusy === 'true') return;
    button.ariaBusy = 'true';
    status.textContent = '';
    try {
      await change(picture);
      hide(status);
      status.textContent = site.changed;
    } catch {
      status.removeAttribute('style');
      status.textContent = site.failed;
    } finally {
      button.ariaBusy = 'false';
    }
  });
}

/** @param {HTMLImageElement} picture */
function makeButton(picture) {
  const button = document.createElement('button');
  button.type = 'button';
  button.className = 'captcha-refresh';
  button.textContent = site.button;
  (picture.closest('a') ?? picture).after(button);
  return button;
}

/**
 * The key of the picture, and the nearest element around the picture and the hidden field with that key.
 *
 * @param {HTMLImageElement} picture
 */
function find(picture) {
  const parts = (picture.getAttribute('src') ?? '').split(/[/@?#]/);
  for (let around = picture.parentElement; around; around = around.parentElement) {
    for (const field of keysIn(around)) {
      if (field.value && parts.includes(field.value)) return { around, key: field.value };
    }
  }
  return null;
}

/**
 * Nothing changes before the new picture is there, so that a failure leaves a captcha that still works.
 *
 * @param {HTMLImageElement} picture
 */
async function change(picture) {
  const captcha = find(picture);
  if (!captcha) throw new Error('the picture has lost its field');
  const { around, key } = captcha;
  const signal = AbortSignal.timeout(PATIENCE_MS);
  const response = await fetch(site.refresh, {
    headers: { 'X-Requested-With': 'XMLHttpRequest', Accept: 'application/json' },
    cache: 'no-store',
    signal,
  });
  if (!response.ok) throw new Error(`no new captcha: ${response.status}`);
  const fresh = (await response.json()).key;
  if (!/^\w+$/.test(fresh)) throw new Error('no key in the answer');
  await load(picture.src.replaceAll(key, fresh), signal);
  for (const element of around.querySelectorAll('img, source, audio, a')) {
    for (const name of ['src', 'srcset', 'href']) {
      const value = element.getAttribute(name);
      if (value?.includes(key)) element.setAttribute(name, value.replaceAll(key, fresh));
    }
  }
  for (const field of keysIn(around)) {
    if (field.value === key) {
      field.value = fresh;
      empty(around, field.name.replace(/0$/, '1'));
    }
  }
}

/**
 * @param {Element} around
 * @returns {NodeListOf<HTMLInputElement>}
 */
function keysIn(around) {
  return around.querySelectorAll("input[name$='_0']");
}

/**
 * @param {Element} around
 * @param {string} name
 */
function empty(around, name) {
  for (const input of around.querySelectorAll('input')) if (input.name === name) input.value = '';
}

/**
 * Waits until the picture is there; rejects if it does not come.
 *
 * @param {string} address
 * @param {AbortSignal} signal
 */
function load(address, signal) {
  const picture = new Image();
  picture.src = address;
  const late = new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason)));
  return Promise.race([picture.decode(), late]);
}

/**
 * Leaves it to screen readers; by single properties, which a strict content security policy allows.
 *
 * @param {HTMLElement} element
 */
function hide(element) {
  Object.assign(element.style, {
    position: 'absolute',
    width: '1px',
    height: '1px',
    overflow: 'hidden',
    clipPath: 'inset(50%)',
    whiteSpace: 'nowrap',
  });
}

prepareAll();
new MutationObserver(prepareAll).observe(document.documentElement, { childList: true, subtree: true });
