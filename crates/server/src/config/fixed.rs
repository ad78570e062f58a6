//! What only a start can change.

use super::Config;

impl Config {
    /// Puts back what cannot change while the server runs, and returns the names of what would have.
    pub fn keep_fixed(&mut self, started: &Self) -> Vec<&'static str> {
        let mut differing = Vec::new();
        let mut keep = |name, differs: bool| {
            if differs {
                differing.push(name);
            }
        };
        keep("listen", replace(&mut self.listen, &started.listen));
        keep("data", replace(&mut self.data, &started.data));
        keep("store", replace(&mut self.store, &started.store));
        keep("log", replace(&mut self.log, &started.log));
        keep(
            "telemetry",
            replace(&mut self.telemetry, &started.telemetry),
        );
        let (limits, fixed) = (&mut self.limits, &started.limits);
        keep(
            "limits.connections",
            replace(&mut limits.connections, &fixed.connections),
        );
        keep(
            "limits.drawing_threads",
            replace(&mut limits.drawing_threads, &fixed.drawing_threads),
        );
        keep(
            "limits.drawing_queue",
            replace(&mut limits.drawing_queue, &fixed.drawing_queue),
        );
        differing
    }
}

/// Whether there was something to replace.
fn replace<T: Clone + PartialEq>(now: &mut T, started: &T) -> bool {
    let differs = now != started;
    if differs {
        now.clone_from(started);
    }
    differs
}
