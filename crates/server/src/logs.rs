//! Where events go: to the standard error stream, and traces to a collector.

use std::io::IsTerminal;

use tracing::Subscriber;
use tracing_subscriber::filter::{LevelFilter, Targets};
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::registry::LookupSpan;
use tracing_subscriber::util::SubscriberInitExt;
use tracing_subscriber::{Layer, fmt};

use crate::Error;
use crate::config::{Config, Log, LogFormat, LogLevel};
use crate::traces::Traces;

/// Starts to log, and to trace if the configuration says so.
///
/// # Errors
/// [`Error::Config`] when traces cannot be sent as it says.
pub(crate) fn start(config: &Config) -> Result<Option<Traces>, Error> {
    let traces = Traces::start(&config.telemetry)?;
    let registry = tracing_subscriber::registry();
    match &traces {
        Some(traces) => registry.with(traces.layer()).with(log(config.log)).init(),
        // Why not a layer that may be missing: with none at all, spans cost nothing.
        None => registry.with(log(config.log)).init(),
    }
    Ok(traces)
}

fn log<S>(log: Log) -> impl Layer<S>
where
    S: Subscriber + for<'a> LookupSpan<'a>,
{
    let level = match log.level {
        LogLevel::Error => LevelFilter::ERROR,
        LogLevel::Warn => LevelFilter::WARN,
        LogLevel::Info => LevelFilter::INFO,
        LogLevel::Debug => LevelFilter::DEBUG,
        LogLevel::Trace => LevelFilter::TRACE,
    };
    // Why: what libraries trace may hold whatever a request holds, so only their warnings are let through.
    let targets = Targets::new()
        .with_default(level.min(LevelFilter::WARN))
        .with_target("cattlegrid", level);
    let layer = fmt::layer().with_writer(std::io::stderr);
    let layer = match log.format {
        LogFormat::Text => layer.with_ansi(std::io::stderr().is_terminal()).boxed(),
        LogFormat::Json => layer.json().flatten_event(true).boxed(),
    };
    layer.with_filter(targets)
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderMap;
    use tracing_subscriber::layer::SubscriberExt;

    use super::log;
    use crate::config::{Log, LogFormat, LogLevel};
    use crate::metrics::Operation;
    use crate::traces;

    #[test]
    fn without_a_collector_no_span_is_made() {
        for (level, format) in [
            (LogLevel::Trace, LogFormat::Text),
            (LogLevel::Info, LogFormat::Json),
        ] {
            let registry = tracing_subscriber::registry().with(log(Log { level, format }));
            tracing::subscriber::with_default(registry, || {
                assert!(traces::request(&HeaderMap::new(), "GET", "/").is_disabled());
                assert!(traces::store(Operation::Claim).is_disabled());
                assert!(traces::drawing().is_disabled());
            });
        }
    }
}
