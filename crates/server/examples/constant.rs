//! A server that answers every request with the same JSON: what siteverify's speed is measured beside.
//!
//! Prints its address, and stops when it is killed.

use axum::routing::post;
use axum::{Json, Router};
use serde_json::{Value, json};

async fn constant() -> Json<Value> {
    Json(json!({ "success": false, "error-codes": ["invalid-input-response"] }))
}

#[tokio::main]
async fn main() -> std::io::Result<()> {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await?;
    println!("http://{}", listener.local_addr()?);
    axum::serve(listener, Router::new().route("/siteverify", post(constant))).await
}
