//! A server that answers every request as siteverify answers when all is well, and reads nothing: what the server's speed
//! is measured beside.
//!
//! Prints its address, and stops when it is killed.

use axum::{Json, Router};
use serde_json::{Value, json};

async fn constant() -> Json<Value> {
    Json(json!({
        "success": true,
        "challenge_ts": "2026-01-01T00:00:00.000Z",
        "hostname": "",
        "action": "",
    }))
}

#[tokio::main]
async fn main() -> std::io::Result<()> {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await?;
    println!("http://{}", listener.local_addr()?);
    axum::serve(listener, Router::new().fallback(constant)).await
}
