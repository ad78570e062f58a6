//! Where the server keeps what must outlive it: its secret and its embedded store.

use std::fs;
use std::io::{ErrorKind, Write};
use std::path::{Path, PathBuf};

use cattlegrid::{OsEntropy, Secret, Secrets};
use etcetera::{AppStrategy, AppStrategyArgs};

use crate::config::Config;
use crate::{Error, secret_file};

/// A directory of the server's own, which exists once something has been put into it.
#[derive(Clone, Debug)]
pub struct DataDir(PathBuf);

impl DataDir {
    /// The configured directory, or the platform's: `~/.local/share/cattlegrid` on Linux.
    ///
    /// # Errors
    /// [`Error::NoDataDirectory`] when none is configured and the user has no home.
    pub fn of(config: &Config) -> Result<Self, Error> {
        if let Some(path) = &config.data {
            return Ok(Self(config.resolve(path)));
        }
        etcetera::app_strategy::choose_native_strategy(AppStrategyArgs {
            app_name: "cattlegrid".to_owned(),
            ..AppStrategyArgs::default()
        })
        .map(|strategy| Self(strategy.data_dir()))
        .map_err(|_| Error::NoDataDirectory)
    }

    /// The file of the secret.
    pub fn secret_file(&self) -> PathBuf {
        self.0.join("secret")
    }

    /// The file of the embedded store.
    pub fn store_file(&self) -> PathBuf {
        self.0.join("spent.sqlite3")
    }

    /// Makes the directory, open to its owner alone, unless it is there.
    ///
    /// # Errors
    /// [`Error::Write`] when it cannot be made.
    pub fn create(&self) -> Result<(), Error> {
        let mut builder = fs::DirBuilder::new();
        builder.recursive(true);
        #[cfg(unix)]
        std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
        builder.create(&self.0).map_err(|source| Error::Write {
            path: self.0.clone(),
            source,
        })
    }
}

/// The secrets in force, as configured or from the data directory.
///
/// # Errors
/// [`Error::SecretIsOpen`], [`Error::Secret`] and [`Error::ReadFile`] when there is none that will do.
pub fn secrets(config: &Config) -> Result<Secrets, Error> {
    if let Some(text) = &config.secret {
        return parse("`secret`", text.expose());
    }
    match &config.secret_file {
        Some(path) => read(&config.resolve(path)),
        None => read(&DataDir::of(config)?.secret_file()),
    }
}

/// [`secrets`], but makes one in the data directory if that is where it should be and there is none.
///
/// # Errors
/// As [`secrets`], and [`Error::Write`] when the directory cannot be written.
pub fn secrets_or_new(config: &Config) -> Result<Secrets, Error> {
    if config.secret.is_none() && config.secret_file.is_none() {
        let directory = DataDir::of(config)?;
        let path = directory.secret_file();
        if !path.try_exists().unwrap_or(false) {
            directory.create()?;
            create_secret(&directory.0, &path)?;
        }
    }
    secrets(config)
}

/// Makes the file of a new secret in one step: whole, readable by its owner alone, and never over another.
fn create_secret(directory: &Path, path: &Path) -> Result<(), Error> {
    let secret = Secret::generate(&OsEntropy)?;
    let write = || {
        // Why: a temporary file is made with mode 600, and a link to it fails when the name is taken.
        let mut file = tempfile::NamedTempFile::new_in(directory)?;
        writeln!(file, "{}", secret.expose())?;
        file.as_file().sync_all()?;
        match file.persist_noclobber(path) {
            Err(lost) if lost.error.kind() != ErrorKind::AlreadyExists => Err(lost.error),
            _ => Ok(()),
        }
    };
    write().map_err(|source| Error::Write {
        path: path.to_owned(),
        source,
    })
}

fn read(path: &Path) -> Result<Secrets, Error> {
    parse(&path.display().to_string(), &secret_file::read(path)?)
}

fn parse(place: &str, text: &str) -> Result<Secrets, Error> {
    Secrets::parse(text).map_err(|source| Error::Secret {
        place: place.to_owned(),
        source,
    })
}
