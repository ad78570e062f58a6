/** @import { Params } from '../../types.js' */

// How wide each size is. The providers' own widgets are as wide, or at least that.
/** @type {Record<string, Record<string, string>>} */
const SIZES = {
  normal: { '--cattlegrid-width': '18.75rem' },
  compact: { '--cattlegrid-width': '10.25rem', '--cattlegrid-padding': '.5rem' },
  flexible: { '--cattlegrid-width': '100%' },
};

/** Calls a callback, which is a function or the name of a global one. */
export function call(/** @type {Params} */ params, /** @type {string} */ name, /** @type {unknown[]} */ ...given) {
  const callback = params[name];
  return (typeof callback === 'function' ? callback : /** @type {any} */ (window)[callback])?.(...given);
}

/** A field that is sent with the form, and not seen. */
export function field(/** @type {'input' | 'textarea'} */ tag, /** @type {string} */ name, /** @type {string} */ id) {
  const made = document.createElement(tag);
  return Object.assign(made, { name, id, className: name, hidden: true }, tag === 'input' && { type: 'hidden' });
}

/** What the widget is to be like. */
export function looks(/** @type {Params} */ params, /** @type {string} */ theme, /** @type {string | null} */ locale) {
  const { sitekey, action, tabindex, size } = params;
  return { attributes: { sitekey, action, tabindex, theme, locale }, styles: SIZES[size] ?? SIZES.normal ?? {} };
}
