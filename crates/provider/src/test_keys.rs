//! The keys that providers publish for tests. Everybody passes with most of them, so none belongs in production.
//!
//! reCAPTCHA v3, reCAPTCHA Enterprise and Friendly Captcha publish none: their consoles make keys for tests.

/// hCaptcha's (<https://docs.hcaptcha.com/#integration-testing-test-keys>).
pub mod hcaptcha {
    /// Takes the three tokens below, and refuses all others.
    pub const SECRET_KEY: &str = "0x0000000000000000000000000000000000000000";
    /// Everybody passes.
    pub const SITE_KEY: &str = "10000000-ffff-ffff-ffff-000000000001";
    /// Passes as an enterprise account's safe visitor.
    pub const SAFE_SITE_KEY: &str = "20000000-ffff-ffff-ffff-000000000002";
    /// Passes as an enterprise account's bot.
    pub const BOT_SITE_KEY: &str = "30000000-ffff-ffff-ffff-000000000003";
    /// The token of [`SITE_KEY`].
    pub const TOKEN: &str = "10000000-aaaa-bbbb-cccc-000000000001";
    /// The token of [`SAFE_SITE_KEY`].
    pub const SAFE_TOKEN: &str = "20000000-aaaa-bbbb-cccc-000000000002";
    /// The token of [`BOT_SITE_KEY`].
    pub const BOT_TOKEN: &str = "30000000-aaaa-bbbb-cccc-000000000003";
    /// The host that the tokens are said to be from.
    pub const HOSTNAME: &str = "dummy-key-pass";
}

/// reCAPTCHA v2's (<https://developers.google.com/recaptcha/docs/faq>).
pub mod recaptcha_v2 {
    /// Takes every token.
    pub const SECRET_KEY: &str = "6LeIxAcTAAAAAGG-vFI1TnRWxMZNFuojJ4WifJWe";
    /// Everybody passes.
    pub const SITE_KEY: &str = "6LeIxAcTAAAAAJcZVRqyHh71UMIEGNQ_MXjiZKhI";
    /// The host that tokens are said to be from.
    pub const HOSTNAME: &str = "testkey.google.com";
}

/// Turnstile's (<https://developers.cloudflare.com/turnstile/troubleshooting/testing/>).
pub mod turnstile {
    /// Takes every token.
    pub const SECRET_KEY: &str = "1x0000000000000000000000000000000AA";
    /// Takes none.
    pub const FAILING_SECRET_KEY: &str = "2x0000000000000000000000000000000AA";
    /// Says of every token that it is spent.
    pub const SPENT_SECRET_KEY: &str = "3x0000000000000000000000000000000AA";
    /// The three of them.
    pub const SECRET_KEYS: [&str; 3] = [SECRET_KEY, FAILING_SECRET_KEY, SPENT_SECRET_KEY];
    /// Everybody passes, in a widget that can be seen.
    pub const SITE_KEY: &str = "1x00000000000000000000AA";
    /// Nobody passes, in a widget that can be seen.
    pub const BLOCKING_SITE_KEY: &str = "2x00000000000000000000AB";
    /// Everybody passes, unseen.
    pub const INVISIBLE_SITE_KEY: &str = "1x00000000000000000000BB";
    /// Nobody passes, unseen.
    pub const INVISIBLE_BLOCKING_SITE_KEY: &str = "2x00000000000000000000BB";
    /// Everybody has to do something.
    pub const INTERACTIVE_SITE_KEY: &str = "3x00000000000000000000FF";
    /// The token of all of them.
    pub const TOKEN: &str = "XXXX.DUMMY.TOKEN.XXXX";
}
