//! A page with a form on it: shown, and shown again to people whose post was refused, with what they typed and why.
//! Programs are told in problem details.

use axum::body::Body;
use axum::http::request::Parts;
use axum::http::{HeaderMap, header};
use axum::response::{IntoResponse, Response};
use cattlegrid_guard::fields::Fields;
use cattlegrid_guard::form::{Form, OpenedStamp, Stamp};
use cattlegrid_guard::{Problem, ProblemDetails, Refuse};

use crate::{Choir, pages, words};

/// A page with a form. Given to a layer, it is how that layer refuses.
#[derive(Clone)]
pub(crate) struct FormPage {
    choir: Choir,
    form: Form,
    draw: fn(&Choir, &Filled) -> Response,
}

/// What is in the form.
pub(crate) struct Filled {
    stamp: Stamp,
    typed: Fields,
    refusal: Option<Refusal>,
}

/// Why the post before was refused.
pub(crate) struct Refusal {
    pub(crate) code: &'static str,
    pub(crate) words: &'static str,
    /// The field that is to be put right, if it is one.
    field: Option<&'static str>,
}

impl Filled {
    pub(crate) fn stamp(&self) -> String {
        self.stamp.html()
    }

    /// What was typed into the field of this name before.
    pub(crate) fn typed(&self, name: &str) -> &str {
        self.typed.get(name).unwrap_or_default()
    }

    /// Whether it was sent before, in vain.
    pub(crate) const fn is_again(&self) -> bool {
        self.refusal.is_some()
    }

    /// Why it was refused, if that was for the field of this name; with none, if it was for no field.
    pub(crate) fn refusal(&self, field: Option<&str>) -> Option<&Refusal> {
        self.refusal
            .as_ref()
            .filter(|refusal| refusal.field == field)
    }
}

impl FormPage {
    pub(crate) fn new(choir: Choir, form: Form, draw: fn(&Choir, &Filled) -> Response) -> Self {
        Self { choir, form, draw }
    }

    pub(crate) const fn form(&self) -> &Form {
        &self.form
    }

    /// The page as it is shown first.
    pub(crate) fn show(&self) -> Response {
        let Ok(stamp) = self.form.stamp() else {
            return pages::failed();
        };
        let filled = Filled {
            stamp,
            typed: Fields::default(),
            refusal: None,
        };
        (self.draw)(&self.choir, &filled)
    }

    /// The page after a post that was refused for the reason with this code.
    fn show_again(&self, code: &'static str, request: &Parts, typed: Fields) -> Response {
        let stamp = match request.extensions.get::<OpenedStamp>() {
            Some(opened) => opened.again(),
            None => self.form.stamp(),
        };
        let Ok(stamp) = stamp else {
            return pages::failed();
        };
        let filled = Filled {
            stamp,
            typed,
            refusal: Some(Refusal {
                code,
                words: words::of(code),
                field: words::field(code),
            }),
        };
        (self.draw)(&self.choir, &filled)
    }
}

impl<P: Problem> Refuse<P, Body> for FormPage {
    fn refuse(&self, problem: &P, request: &Parts) -> Response {
        if !takes_pages(&request.headers) {
            return ProblemDetails::of(problem);
        }
        match request.extensions.get::<Fields>() {
            Some(typed) => {
                let page = self.show_again(problem.code(), request, typed.clone());
                (problem.status(), page).into_response()
            }
            // Why: an empty form would take from them what they can still go back to.
            None => pages::refusal(problem.status(), problem.code()),
        }
    }
}

fn takes_pages(headers: &HeaderMap) -> bool {
    let mut accepted = headers.get_all(header::ACCEPT).iter();
    accepted.any(|accepted| {
        accepted
            .to_str()
            .is_ok_and(|types| types.contains("text/html"))
    })
}
