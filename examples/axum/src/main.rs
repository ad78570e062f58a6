//! Runs the site: `cargo run -p cattlegrid-example-axum`.

use std::error::Error;
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};

use cattlegrid::{OsEntropy, Secret, Secrets};
use choir::{Opened, Settings};
use clap::Parser;
use tokio::net::TcpListener;

#[derive(Parser)]
#[command(about = "A small site behind every layer")]
struct Given {
    #[arg(long, default_value_t = 8000)]
    port: u16,
    /// Folder of what the site keeps: its secret, what is spent, letters
    #[arg(long, default_value = concat!(env!("CARGO_MANIFEST_DIR"), "/instance"))]
    data: PathBuf,
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    tracing_subscriber::fmt()
        .with_writer(std::io::stderr)
        .init();
    let Given { port, data } = Given::parse();
    fs::create_dir_all(&data)?;
    let settings = Settings {
        secrets: secrets(&data.join("secret"))?,
        store: format!("sqlite:{}", data.join("spent.sqlite3").display()).parse()?,
        mail: data.join("mail"),
    };
    let site = Opened::new(TcpListener::bind(("127.0.0.1", port)).await?, &settings)?;
    println!("The axum example: {}/ (stop it with Ctrl-C)", site.url()?);
    Ok(site.serve().await?)
}

/// The secret in this file, which is made, for its owner alone, if there is none.
fn secrets(path: &Path) -> Result<Secrets, Box<dyn Error>> {
    if !path.exists() {
        let mut options = fs::OpenOptions::new();
        options.write(true).create_new(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let secret = Secret::generate(&OsEntropy)?;
        options.open(path)?.write_all(secret.expose().as_bytes())?;
    }
    Ok(Secrets::parse(&fs::read_to_string(path)?)?)
}
