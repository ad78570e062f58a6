// What a page loads at a provider's address: defines its global at once. Calls wait until the modules are there.
(() => {
  /** @type {any} */
  const PROVIDERS = {
    recaptcha: ['grecaptcha', '', []],
    1: ['hcaptcha', 'h-captcha-', ['remove', 'close', 'getRespKey', 'setData']],
    'turnstile/v0': ['turnstile', 'cf-chl-widget-', ['remove', 'isExpired']],
  };
  const page = /** @type {any} */ (window);
  const { origin, pathname, searchParams } = new URL(page.document.currentScript.src);
  const [, base, path] = /** @type {any} */ (/^(.*\/)(recaptcha|1|turnstile\/v0)\//.exec(pathname));
  const [name, prefix, methods] = PROVIDERS[path];
  const { onload = '', render, hl, recaptchacompat } = Object.fromEntries(searchParams);

  const compat = recaptchacompat !== 'off';
  const alone = path === '1' && compat && !page.grecaptcha;
  const id = (/** @type {number} */ number) => (prefix ? prefix + number : number);
  /** @type {import('../../types.js').Compat | undefined} */
  let there;
  let rendered = 0;
  const loaded = import(`${origin}${base}widget/compat/${name}.js`).then(({ start }) => {
    there = start({ id, hl, compat, alone });
  });
  // Why: one step after the captchas that waited, which come first.
  const started = loaded.then().then(() => {
    const tell = () => page[onload]?.();
    // Why: a later script may define it.
    if (page[onload]) tell();
    else addEventListener('load', tell);
    if (!render || render === 'onload') there?.watch();
  });

  loaded.catch(() => {
    for (const { dataset } of page.document.querySelectorAll('.cf-turnstile')) page[dataset.unsupportedCallback]?.();
  });

  const provider = (page[name] ??= {});
  for (const method of ['render', 'execute', 'reset', 'getResponse', ...methods]) {
    provider[method] = (/** @type {any[]} */ ...given) => {
      const call = () => there?.methods[method]?.(...given);
      if (there) return call();
      if (method === 'render') {
        loaded.then(call, given[1]?.['unsupported-callback']);
        return id(rendered++);
      }
      // Why: what it means may be found by then only.
      const later = started.then(call);
      return method === 'execute' ? later : '';
    };
  }
  provider.ready = (/** @type {() => void} */ then) => void started.then(then);
  if (alone) page.grecaptcha = provider;
  if (path === 'recaptcha') {
    provider.enterprise = provider;
    // Why: pages that load the script asynchronously leave callbacks here, as Google's documents have them.
    page.___grecaptcha_cfg?.fns?.forEach(provider.ready);
  }
})();
