/**
 * What a page loads as `/recaptcha/api.js`, `/1/api.js` or `/turnstile/v0/api.js` in place of the provider's own script.
 * It defines the provider's global at once; calls that come before the modules behind it wait for them.
 */
(() => {
  const SHARED = ['render', 'execute', 'reset', 'getResponse'];
  /** @type {Record<string, [module: string, global: string, prefix: string, methods: string[]]>} */
  const PROVIDERS = {
    recaptcha: ['recaptcha', 'grecaptcha', '', []],
    1: ['hcaptcha', 'hcaptcha', 'h-captcha-', ['remove', 'close', 'getRespKey', 'setData']],
    'turnstile/v0': ['turnstile', 'turnstile', 'cf-chl-widget-', ['remove', 'isExpired']],
  };
  const page = /** @type {any} */ (window);
  const { src } = /** @type {HTMLScriptElement} */ (document.currentScript);
  const { origin, pathname, searchParams: query } = new URL(src);
  const [, base, path = ''] = /^(.*\/)(recaptcha|1|turnstile\/v0)\/[^/]*$/.exec(pathname) ?? [];
  const [module, name, prefix, methods] = PROVIDERS[path] ?? ['', '', '', []];

  const wanted = query.get('recaptchacompat') !== 'off';
  let rendered = 0;
  const id = (/** @type {number} */ number) => (prefix ? prefix + number : number);
  /** @type {import('../../types.js').Compat | undefined} */
  let compat;
  const loaded = import(`${origin}${base}widget/compat/${module}.js`).then(({ start }) => {
    compat = start({ id, alone, compat: wanted, hl: query.get('hl') });
  });
  // Why: one step later than the calls that waited, whose captchas are the first.
  const started = loaded.then().then(() => {
    page[query.get('onload') ?? '']?.();
    if (['onload', '', null].includes(query.get('render'))) compat?.watch();
  });

  const provider = (page[name] ??= {});
  for (const method of [...SHARED, ...methods]) {
    provider[method] = (/** @type {any[]} */ ...given) => {
      const call = () => compat?.methods[method]?.(...given);
      if (compat) return call();
      if (method === 'render') {
        loaded.then(call);
        return id(rendered++);
      }
      // Why: what the other calls mean may be a captcha that is only found once all that waited are there.
      const later = started.then(call);
      return method === 'execute' ? later : '';
    };
  }
  const ready = (/** @type {() => void} */ then) => void started.then(then);
  const alone = path === '1' && wanted && !page.grecaptcha;
  if (alone) page.grecaptcha = { ...provider, ready };
  if (path !== '1') provider.ready = ready;
  if (path === 'recaptcha') {
    provider.enterprise = provider;
    // Why: pages that load the script asynchronously leave their callbacks here, as Google's documents tell them to.
    page.___grecaptcha_cfg?.fns?.forEach(ready);
  }
})();
