//! Attacks the site: `cargo run -p cattlegrid-example-axum --bin attack`.

use std::error::Error;
use std::process::ExitCode;

use choir::Attack;

#[tokio::main]
async fn main() -> Result<ExitCode, Box<dyn Error + Send + Sync>> {
    let mut all_stopped = true;
    for attack in Attack::ALL {
        let report = attack.run().await?;
        println!("{report}");
        all_stopped &= report.is_stopped();
    }
    Ok(if all_stopped {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}
