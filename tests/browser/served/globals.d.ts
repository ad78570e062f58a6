/** What the server writes in front of the refresh script of `cattlegrid.simple_captcha`. */
declare const site: { refresh: string; button: string; changed: string; failed: string };

interface Window {
  /** What reCAPTCHA's own script defines. */
  grecaptcha?: {
    ready(callback: () => void): void;
    execute(siteKey: string, options: { action?: string }): Promise<string>;
  };
}
