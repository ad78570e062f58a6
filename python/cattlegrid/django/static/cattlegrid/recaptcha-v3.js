/**
 * Fills the hidden fields that stand for reCAPTCHA v3 and for score keys of reCAPTCHA Enterprise, each when its form is
 * sent, so that no token is too old.
 *
 * A form whose token cannot be had is sent without one: the site's answer tells the visitor.
 *
 * @typedef {{ ready(then: () => void): void, execute(key: string, options: object): Promise<string> }} Recaptcha
 */

const ENTERPRISE = 'recaptcha-enterprise';
const FIELD = `input[data-cattlegrid="recaptcha-v3"], input[data-cattlegrid="${ENTERPRISE}"]`;
// In milliseconds: how long Google's script may take to load and to answer, and between two looks whether it is there.
const PATIENCE = 10_000;
const PAUSE = 100;

/** The forms that wait for their token. */
const waiting = new WeakSet();
/** The forms that are being sent with theirs. */
const filled = new WeakSet();

/** @returns {Promise<undefined>} */
function later(/** @type {number} */ milliseconds) {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}

/** @returns {Promise<Recaptcha>} */
async function loaded(/** @type {boolean} */ enterprise) {
  const page = /** @type {{ grecaptcha?: Recaptcha & { enterprise?: Recaptcha } }} */ (globalThis);
  for (;;) {
    const recaptcha = enterprise ? page.grecaptcha?.enterprise : page.grecaptcha;
    if (recaptcha?.ready) return recaptcha;
    await later(PAUSE);
  }
}

async function execute(/** @type {DOMStringMap} */ { sitekey = '', action, cattlegrid }) {
  const recaptcha = await loaded(cattlegrid === ENTERPRISE);
  await new Promise((resolve) => recaptcha.ready(() => resolve(undefined)));
  return recaptcha.execute(sitekey, action ? { action } : {});
}

async function send(
  /** @type {HTMLFormElement} */ form,
  /** @type {HTMLInputElement} */ field,
  /** @type {HTMLElement | null} */ submitter,
) {
  waiting.add(form);
  field.value = '';
  try {
    field.value = (await Promise.race([execute(field.dataset), later(PATIENCE)])) ?? '';
  } catch (error) {
    console.error('cattlegrid: reCAPTCHA gave no token', error);
  }
  waiting.delete(form);
  filled.add(form);
  form.requestSubmit(submitter?.isConnected ? submitter : null);
  filled.delete(form);
}

// Why: before any handler of the page, so that one that sends the form by script finds the token in it.
addEventListener(
  'submit',
  (event) => {
    const form = /** @type {HTMLFormElement} */ (event.target);
    const field = [...form.elements].find((element) => element.matches(FIELD));
    if (!field || filled.has(form)) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    if (!waiting.has(form)) send(form, /** @type {HTMLInputElement} */ (field), event.submitter);
  },
  true,
);
