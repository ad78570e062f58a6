//! What the site keeps. Another one would have a database here.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use cattlegrid_guard::captcha::Verified;
use cattlegrid_guard::email::Confirmed;

/// Members, comments and wishes, for as long as the process runs.
///
/// Whatever writes into it takes a proof, which only the layers make: so nothing that nobody has checked gets here,
/// whichever handler it comes through.
#[derive(Default)]
pub(crate) struct Book(Mutex<Entries>);

#[derive(Default)]
struct Entries {
    /// Names by e-mail address.
    members: BTreeMap<String, String>,
    comments: Vec<Comment>,
    /// Comments that somebody has to look at first.
    held: Vec<Comment>,
    wishes: Vec<String>,
}

#[derive(Clone)]
pub(crate) struct Comment {
    pub(crate) name: String,
    pub(crate) text: String,
}

/// How much is kept of each.
const MOST: usize = 100;

impl Book {
    pub(crate) fn join(
        &self,
        Confirmed {
            address,
            subject: name,
            ..
        }: Confirmed,
    ) {
        let members = &mut self.open().members;
        if members.len() < MOST {
            members.insert(address.to_string(), name);
        }
    }

    pub(crate) fn is_member(&self, address: &str) -> bool {
        self.open().members.contains_key(address)
    }

    pub(crate) fn comment(&self, _: &Verified, comment: Comment) {
        keep(&mut self.open().comments, comment);
    }

    pub(crate) fn hold(&self, _: &Verified, comment: Comment) {
        keep(&mut self.open().held, comment);
    }

    pub(crate) fn wish(&self, _: &Verified, song: String) {
        keep(&mut self.open().wishes, song);
    }

    /// The newest first.
    pub(crate) fn comments(&self) -> Vec<Comment> {
        self.open().comments.iter().rev().cloned().collect()
    }

    pub(crate) fn count_held(&self) -> usize {
        self.open().held.len()
    }

    /// The newest first.
    pub(crate) fn wishes(&self) -> Vec<String> {
        self.open().wishes.iter().rev().cloned().collect()
    }

    fn open(&self) -> MutexGuard<'_, Entries> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn keep<T>(entries: &mut Vec<T>, entry: T) {
    if entries.len() == MOST {
        entries.remove(0);
    }
    entries.push(entry);
}
