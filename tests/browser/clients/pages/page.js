/** What every page does: shows one component in its form, and tells the tests what the component told it. */

import { createRoot } from 'react-dom/client';

/** @import { ReactNode } from 'react' */

/** The component's properties, which tests write behind the page's address. */
export const props = JSON.parse(decodeURIComponent(location.hash.slice(1)));

/** @type {[event: string, ...details: unknown[]][]} */
const heard = [];

/** Listens to what the component calls an event. */
export const hear =
  (/** @type {string} */ event) =>
  (/** @type {unknown[]} */ ...details) =>
    void heard.push([event, ...details]);

/**
 * @param {ReactNode} component
 * @param {Record<string, (...given: any[]) => unknown>} methods the component's, under the names that the tests have
 */
export function show(component, methods) {
  const root = createRoot(/** @type {Element} */ (document.querySelector('#captcha')));
  Object.assign(window, { heard, component: { ...methods, unmount: () => root.unmount() } });
  root.render(component);
}
