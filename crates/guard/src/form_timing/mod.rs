//! How long somebody took over a form.
