//! What a store takes for each id that it has to remember.

use xshell::{Shell, cmd};

use super::{
    stores::{Store, StoreKind},
    subject::Programs,
};
use crate::{bench::Report, error::Error};

/// How many ids are claimed, besides the first.
const IDS: u32 = 200_000;

/// Claims ids, and looks how much larger each store has become.
///
/// # Errors
///
/// A store does not start, or does not take them.
pub(super) fn run(
    shell: &Shell,
    programs: &Programs,
    stores: &[StoreKind],
) -> Result<Report, Error> {
    let load = &programs.load;
    let mut rows = Vec::new();
    for kind in stores {
        println!("live ids, {kind}");
        let store = Store::start(shell, *kind)?;
        let url = store.url();
        let claim = |count: u32| -> Result<f64, Error> {
            let count = count.to_string();
            let grown = cmd!(shell, "{load} claims {url} {count}").quiet().read()?;
            grown
                .parse()
                .map_err(|_| Error::NoFigure("memory that claims have taken"))
        };
        // Why: what the first claim makes, such as tables, is there but once.
        claim(200)?;
        let before = store.bytes(shell)?;
        let own = claim(IDS)?;
        let grown = match kind {
            StoreKind::Memory => own,
            _ => store.bytes(shell)? - before,
        };
        rows.push(vec![
            kind.to_string(),
            format!("{:.0}", grown / f64::from(IDS)),
            counted_by(*kind).to_owned(),
        ]);
    }
    Ok(Report {
        name: "live-ids",
        header: vec!["store", "bytes for each live id", "counted by"],
        rows,
        note: String::new(),
    })
}

const fn counted_by(store: StoreKind) -> &'static str {
    match store {
        StoreKind::Memory => "resident memory of the process",
        StoreKind::Sqlite => "size of the file",
        StoreKind::Redis => "`used_memory`",
        StoreKind::Memcached => "`bytes` of `stats`",
        StoreKind::Postgres => "`pg_database_size`, indexes included",
        StoreKind::Mariadb => "`file_size` of the tablespaces, indexes included",
    }
}
