//! Where traces go, if anywhere.

use std::fmt;
use std::str::FromStr;

use axum::http::Uri;
use serde::Deserialize;

use super::values::{Ratio, parsed};

/// Where traces go, if anywhere, and how many of them.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Telemetry {
    /// Where an OpenTelemetry collector takes OTLP over HTTP, such as `http://127.0.0.1:4318`. Default: none, and nothing
    /// is traced.
    #[serde(deserialize_with = "some")]
    pub otlp_endpoint: Option<Endpoint>,
    /// What the server is called there. Default `cattlegrid`.
    pub service_name: String,
    /// Which part of the requests is traced that come without a trace of their own. Default 1, all.
    pub sample_ratio: Ratio,
}

impl Default for Telemetry {
    fn default() -> Self {
        Self {
            otlp_endpoint: None,
            service_name: "cattlegrid".to_owned(),
            sample_ratio: Ratio::ALL,
        }
    }
}

/// The address of a collector: `http://` or `https://`, without the path of any signal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Endpoint(String);

impl Endpoint {
    /// Where it takes traces (OTLP 1, "Default URL paths").
    pub fn traces(&self) -> String {
        format!("{}/v1/traces", self.0)
    }
}

impl FromStr for Endpoint {
    type Err = NoEndpoint;

    fn from_str(text: &str) -> Result<Self, NoEndpoint> {
        let uri: Uri = text.parse().map_err(|_| NoEndpoint)?;
        let known = matches!(uri.scheme_str(), Some("http" | "https"));
        let bare = uri.query().is_none()
            && uri
                .authority()
                .is_some_and(|authority| !authority.as_str().contains('@'));
        if known && bare {
            Ok(Self(text.trim_end_matches('/').to_owned()))
        } else {
            Err(NoEndpoint)
        }
    }
}

/// The text is no address of a collector.
#[derive(Clone, Copy, Debug)]
pub struct NoEndpoint;

impl fmt::Display for NoEndpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Why: what was given may hold a password.
        f.write_str(
            "expected the address of a collector, such as `http://127.0.0.1:4318`; \
             give passwords and keys in OTEL_EXPORTER_OTLP_HEADERS",
        )
    }
}

fn some<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Option<Endpoint>, D::Error> {
    parsed(deserializer).map(Some)
}
