//! What systemd, or whatever else started the server and gave it a `NOTIFY_SOCKET`, is told: `sd_notify(3)`.

use sd_notify::NotifyState;

/// The server answers, or goes on answering after it has read its configuration again.
pub(crate) fn ready() {
    tell(&[NotifyState::Ready]);
}

/// The server reads its configuration again.
pub(crate) fn reloading() {
    // Why the time: systemd tells by it that this is later than its own signal.
    match NotifyState::monotonic_usec_now() {
        Ok(now) => tell(&[NotifyState::Reloading, now]),
        Err(error) => tracing::warn!(%error, "the supervisor cannot be told"),
    }
}

/// The server is about to stop.
pub(crate) fn stopping() {
    tell(&[NotifyState::Stopping]);
}

fn tell(state: &[NotifyState<'_>]) {
    if let Err(error) = sd_notify::notify(state) {
        tracing::warn!(%error, "the supervisor cannot be told");
    }
}
