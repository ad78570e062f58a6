import { createElement, createRef } from 'react';
import ReCAPTCHA from 'react-google-recaptcha';

import { hear, props, show } from './page.js';

/** @type {import('react').RefObject<ReCAPTCHA | null>} */
const ref = createRef();
const { recaptchaOptions, ...more } = props;
Object.assign(window, { recaptchaOptions });

show(
  createElement(ReCAPTCHA, {
    ref,
    asyncScriptOnLoad: hear('ready'),
    onChange: hear('passed'),
    onExpired: hear('expired'),
    onErrored: hear('failed'),
    ...more,
  }),
  {
    execute: () => void ref.current?.execute(),
    executeAsync: () => ref.current?.executeAsync(),
    reset: () => ref.current?.reset(),
    response: () => ref.current?.getValue(),
  },
);
